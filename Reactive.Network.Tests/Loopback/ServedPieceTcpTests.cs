using System.Net;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Storage;

namespace Reactive.Network.Tests.Loopback;

/// <summary>A recorded piece over a real socket, on the thread pool.</summary>
[Trait("Category", "Loopback")]
public class ServedPieceTcpTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task ArrivesByteForByteInOrder_WhenFollowedFromOrigin()
    {
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        ChainPiece piece = ChainPieces.Load("preprod-01285");
        using ImmutableDatabase database = ImmutableDatabase.Open(piece.Directory);
        using TcpBearerListener bearers = TcpBearerListener.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        using PeerListener listener = PeerListener.Start(bearers, new NetworkOptions { Magic = NetworkMagic.Preprod, Serve = database });
        await using PeerConnection client = await PeerConnection.ConnectAsync(
            new PeerAddress("127.0.0.1", bearers.LocalEndPoint.Port), new NetworkOptions { Magic = NetworkMagic.Preprod }, cancelled);

        List<BlockRequest> requests = [];
        TaskCompletionSource followed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable follow = client.ChainSync.Follow(Point.Origin).Subscribe(
            step =>
            {
                if (step.Kind == ChainEventKind.RollForward)
                {
                    requests.Add(BlockRequest.For(step.Header));
                    step.Header.Dispose();
                    if (requests.Count == piece.Blocks)
                    {
                        followed.TrySetResult();
                    }
                }
            },
            error => followed.TrySetException(error));
        await followed.Task.WaitAsync(Patience, cancelled);

        using MemoryStream bytes = new();
        TaskCompletionSource fetched = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable fetch = client.BlockFetch.Fetch(requests).Subscribe(
            block =>
            {
                bytes.Write(block.Span);
                block.Dispose();
            },
            error => fetched.TrySetException(error),
            () => fetched.TrySetResult());
        await fetched.Task.WaitAsync(Patience, cancelled);

        Assert.True(piece.ReadChunks().AsSpan().SequenceEqual(bytes.ToArray()));
    }
}
