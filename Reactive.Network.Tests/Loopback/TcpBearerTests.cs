using System.Net;
using System.Net.Sockets;
using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;

namespace Reactive.Network.Tests.Loopback;

public class TcpBearerTests : SocketBearerContractTests
{
    private readonly TcpBearerListener _listener;

    public TcpBearerTests() => _listener = TcpBearerListener.Listen(new IPEndPoint(IPAddress.Loopback, 0), Options);

    protected override IBearerListener Listener => _listener;

    protected override Task<IBearer> ConnectToListener() => TcpBearer.ConnectAsync("127.0.0.1", _listener.LocalEndPoint.Port, Options);

    [Fact]
    public void NamesAreAddressAndPort_WhenConnected()
    {
        (IBearer a, IBearer b) = Connect();

        Assert.Equal($"127.0.0.1:{_listener.LocalEndPoint.Port}", a.RemoteName);
        Assert.Equal(a.RemoteName, _listener.LocalName);
        Assert.StartsWith("127.0.0.1:", b.RemoteName, StringComparison.Ordinal);

        a.Dispose();
        b.Dispose();
    }

    [Fact]
    public async Task FailsInOneLine_WhenRefused()
    {
        int port = FreePort();

        BearerException refused = await Assert.ThrowsAsync<BearerException>(
            () => TcpBearer.ConnectAsync("127.0.0.1", port, cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(BearerFailure.ConnectFailed, refused.Kind);
        Assert.Equal($"cannot connect to 127.0.0.1:{port}: connection refused", refused.Message);
        Assert.Equal(Fault.Transport, refused.Fault);
    }

    [Fact]
    public async Task Fails_WhenTheNameIsNotKnown()
    {
        BearerOptions options = Options with { ResolveHost = (_, _) => throw new SocketException((int)SocketError.HostNotFound) };

        BearerException failed = await Assert.ThrowsAsync<BearerException>(
            () => TcpBearer.ConnectAsync("nowhere.example", 3001, options, TestContext.Current.CancellationToken));

        Assert.Equal("cannot connect to nowhere.example:3001: name not found", failed.Message);
    }

    [Fact]
    public async Task TriesTheNextAddress_WhenOneRefuses()
    {
        Assert.SkipWhen(OperatingSystem.IsMacOS(), "127.0.0.2 is not an address of its own there");
        BearerOptions options = Options with
        {
            ResolveHost = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.0.2"), IPAddress.Loopback]),
        };

        using IBearer bearer = await TcpBearer.ConnectAsync(
            "two.example", _listener.LocalEndPoint.Port, options, TestContext.Current.CancellationToken);

        Assert.Equal($"two.example:{_listener.LocalEndPoint.Port}", bearer.RemoteName);
    }

    [Fact]
    public async Task TimesOutByTheScheduler_WhenNothingAnswers()
    {
        TestScheduler time = new();
        TaskCompletionSource asked = new();
        BearerOptions options = Options with
        {
            Scheduler = time,
            ConnectTimeout = TimeSpan.FromSeconds(7),
            ResolveHost = async (_, cancelled) =>
            {
                asked.SetResult();
                await Task.Delay(Timeout.Infinite, cancelled);
                return [];
            },
        };

        Task<IBearer> connecting = TcpBearer.ConnectAsync("slow.example", 3001, options, TestContext.Current.CancellationToken);
        await asked.Task;
        time.AdvanceTo(TimeSpan.FromSeconds(7).Ticks - 1);
        Assert.False(connecting.IsCompleted);
        time.AdvanceBy(1);
        BearerException timedOut = await Assert.ThrowsAsync<BearerException>(() => connecting);

        Assert.Equal(BearerFailure.ConnectTimeout, timedOut.Kind);
        Assert.Equal("cannot connect to slow.example:3001: no answer within 7 s", timedOut.Message);
    }

    [Fact]
    public async Task IsCancelled_WhenTheTokenIs()
    {
        using CancellationTokenSource cancel = new();
        BearerOptions options = Options with
        {
            ResolveHost = async (_, cancelled) =>
            {
                await cancel.CancelAsync();
                await Task.Delay(Timeout.Infinite, cancelled);
                return [];
            },
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => TcpBearer.ConnectAsync("slow.example", 3001, options, cancel.Token));
    }

    [Fact]
    public async Task CallsBack_WhenConnectedOrRefused()
    {
        TaskCompletionSource<BearerException?> refused = new();
        TaskCompletionSource<IBearer?> connected = new();

        TcpBearer.Connect("127.0.0.1", FreePort(), Options, (_, failure) => refused.SetResult(failure));
        TcpBearer.Connect("127.0.0.1", _listener.LocalEndPoint.Port, Options, (bearer, _) => connected.SetResult(bearer));

        CancellationToken cancelled = TestContext.Current.CancellationToken;
        Assert.Equal(BearerFailure.ConnectFailed, (await refused.Task.WaitAsync(TimeSpan.FromSeconds(30), cancelled))?.Kind);
        using IBearer? bearer = await connected.Task.WaitAsync(TimeSpan.FromSeconds(30), cancelled);
        Assert.NotNull(bearer);
    }

    [Fact]
    public async Task NeverCallsBack_WhenDisposed()
    {
        TaskCompletionSource asked = new();
        TaskCompletionSource gaveUp = new();
        BearerOptions options = Options with
        {
            ResolveHost = async (_, cancelled) =>
            {
                asked.SetResult();
                await Task.Delay(Timeout.Infinite, cancelled).ContinueWith(_ => { }, TaskScheduler.Default);
                gaveUp.SetResult();
                return [];
            },
        };
        bool called = false;

        IDisposable connecting = TcpBearer.Connect("slow.example", 3001, options, (_, _) => called = true);
        await asked.Task;
        connecting.Dispose();
        await gaveUp.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.False(called);
    }

    [Fact]
    public async Task ComesFromTheListenersPort_WhenBothShareIt()
    {
        using TcpBearerListener own = TcpBearerListener.Listen(new IPEndPoint(IPAddress.Loopback, 0), Options with { SharePort = true });
        TaskCompletionSource<IBearer> accepted = new();
        _listener.AcceptNext((bearer, _) => accepted.SetResult(bearer!));

        TcpBearer.Connect("127.0.0.1", _listener.LocalEndPoint.Port, Options with { LocalEndPoint = own.LocalEndPoint }, (_, _) => { });
        using IBearer server = await accepted.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal(own.LocalName, server.RemoteName);
    }

    [Fact]
    public void WritesAllocateNothing_WhenWarm()
    {
        (IBearer a, IBearer b, _, _) = Start();
        byte[] batch = new byte[100];
        for (int i = 0; i < 100; i++)
        {
            Assert.True(a.TryWrite(batch));
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            a.TryWrite(batch);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        a.Dispose();
        b.Dispose();
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("127.0.0.1", 0)]
    [InlineData("127.0.0.1", 65_536)]
    public void Throws_WhenArgumentsAreWrong(string host, int port) =>
        Assert.ThrowsAny<ArgumentException>(() => { TcpBearer.ConnectAsync(host, port); });

    private static int FreePort()
    {
        using TcpBearerListener listener = TcpBearerListener.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        return listener.LocalEndPoint.Port;
    }
}
