using System.Reactive.Disposables;
using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Recording;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Recording;

/// <summary>Clients that reach a server through a proxy, in virtual time: they notice nothing, and all of it is in the recording.</summary>
public sealed class CaptureProxyTests : IDisposable
{
    private readonly TestScheduler _time = new();
    private readonly MemoryStream _file = new();
    private readonly InMemoryChain _chain = VirtualPair.ChainOf(25);
    private readonly InMemoryBearerListener _front;
    private readonly InMemoryBearerListener _back;
    private readonly List<CaptureConnection> _accepted = [];
    private readonly CaptureWriter _capture;
    private readonly CaptureProxy _proxy;
    private readonly PeerListener _server;
    private bool _serverIsThere = true;

    public CaptureProxyTests()
    {
        _front = new InMemoryBearerListener(_time, "proxy:1");
        _back = new InMemoryBearerListener(_time, "server:1");
        _server = PeerListener.Start(_back, Recordings.Options(_time, _chain));
        _capture = new CaptureWriter(_file, _time, leaveOpen: true);
        _proxy = CaptureProxy.Start(_front, Connect, _capture, Recordings.Options(_time), _accepted.Add);
    }

    [Fact]
    public void RecordsEachConnectionWhole_WhenThreeClientsFollowAtOnce()
    {
        List<int> blocks = [0, 0, 0];
        PeerConnection[] clients = [.. Enumerable.Range(0, 3).Select(_ => PeerConnection.Connect(_front.Connect(), Recordings.Options(_time)))];
        foreach ((int i, PeerConnection client) in clients.Index())
        {
            client.ChainSync.Follow(Point.Origin).Subscribe(e => blocks[i] += e.Kind == ChainEventKind.RollForward ? 1 : 0, _ => { });
        }

        Run(2);
        Assert.Equal(3, _proxy.Connections.Count);
        foreach (PeerConnection client in clients)
        {
            _ = client.DisposeAsync().AsTask();
        }

        Run(30);

        Assert.Equal([25, 25, 25], blocks);
        Assert.Empty(_proxy.Connections);
        Assert.Equal([1, 2, 3], _accepted.Select(connection => connection.Number));
        Assert.All(_accepted, connection => Assert.True(connection.Completion.IsCompletedSuccessfully && connection.Sdus > 4));
        foreach (int number in (int[])[1, 2, 3])
        {
            Assert.Null(Recordings.AsClient(_file.ToArray(), _chain, new ReplayOptions { Connection = number }).Difference);
        }
    }

    [Fact]
    public void ClosesTheClientAndRecordsWhy_WhenTheServerIsNotThere()
    {
        _serverIsThere = false;
        PeerConnection client = PeerConnection.Connect(_front.Connect(), Recordings.Options(_time));

        Run(20);

        Assert.True(client.Completion.IsCompleted);
        var closed = Assert.IsType<CaptureRecord.Closed>(Recordings.Read(_file.ToArray())[^1]);
        Assert.Equal((CaptureSide.Server, "server:1: refused"), (closed.By!.Value, closed.Cause));
    }

    [Fact]
    public void EndsEveryConnection_WhenItIsDisposed()
    {
        PeerConnection client = PeerConnection.Connect(_front.Connect(), Recordings.Options(_time));
        client.ChainSync.Follow(Point.Origin).Subscribe(_ => { }, _ => { });
        Run(1);
        Assert.NotNull(client.Version);

        _proxy.Dispose();
        Run(5);

        Assert.True(client.Completion.IsCompleted);
        Assert.Equal(0, _server.Count);
        Assert.IsType<CaptureRecord.Closed>(Recordings.Read(_file.ToArray())[^1]);
    }

    public void Dispose()
    {
        _proxy.Dispose();
        _server.Dispose();
        _capture.Dispose();
        _file.Dispose();
        _chain.Dispose();
    }

    private IDisposable Connect(Action<IBearer?, BearerException?> done)
    {
        _time.Schedule(default(object), TimeSpan.FromMilliseconds(1), (_, _) =>
        {
            if (_serverIsThere)
            {
                done(_back.Connect(), null);
            }
            else
            {
                done(null, new BearerException(BearerFailure.ConnectFailed, "server:1", "server:1: refused"));
            }

            return Disposable.Empty;
        });
        return Disposable.Empty;
    }

    private void Run(double seconds) => _time.AdvanceBy(TimeSpan.FromSeconds(seconds).Ticks);
}
