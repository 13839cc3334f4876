using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Storage;

namespace Reactive.Network.Tests.Loopback;

/// <summary>Recorded pieces, Byron boundary blocks among them, from a local node over a Unix socket.</summary>
[Trait("Category", "Loopback")]
public class ServedPieceLocalTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("preprod-01285")]
    [InlineData("devnet-conway")]
    [InlineData("assembled-mainnet-byron-00000")]
    [InlineData("assembled-preprod-byron-00000")]
    [InlineData("assembled-preprod-shelley-00004")]
    [InlineData("assembled-mainnet-babbage-05856")]
    public async Task ArrivesByteForByteInOrder_WhenFollowedFromOrigin(string name)
    {
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        ChainPiece piece = ChainPieces.Load(name);
        using ImmutableDatabase database = ImmutableDatabase.Open(piece.Directory);
        var options = new NetworkOptions { Magic = NetworkMagic.Preprod };
        string path = TemporarySocket.NewPath();
        using LocalListener node = LocalListener.Start(UnixSocketBearerListener.Listen(path), options, new LocalService { Chain = database });
        await using LocalConnection client = await LocalConnection.ConnectAsync(path, options, cancelled);

        using MemoryStream bytes = new();
        int blocks = 0;
        TaskCompletionSource<Tip> followed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable follow = client.ChainSync.Follow(Point.Origin).Subscribe(
            step =>
            {
                if (step.Kind != ChainEventKind.RollForward)
                {
                    return;
                }

                bytes.Write(step.Block.Span);
                step.Dispose();
                if (++blocks == piece.Blocks)
                {
                    followed.TrySetResult(step.Tip);
                }
            },
            error => followed.TrySetException(error));
        Tip tip = await followed.Task.WaitAsync(Patience, cancelled);

        Assert.Equal(piece.Last, tip);
        Assert.True(piece.ReadChunks().AsSpan().SequenceEqual(bytes.ToArray()));
    }
}
