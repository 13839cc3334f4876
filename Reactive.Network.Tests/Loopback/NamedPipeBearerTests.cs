using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.LocalStateQuery;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Bearers;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Loopback;

/// <summary>The contract over a named pipe, as far as one can keep it. Where this is not Windows, the runtime makes it of a Unix socket.</summary>
public class NamedPipeBearerTests : SocketBearerContractTests
{
    private readonly NamedPipeBearerListener _listener = NamedPipeBearerListener.Listen(NewName());

    protected override IBearerListener Listener => _listener;

    protected override bool AbortIsSeenAsReset => false;

    protected override Task<IBearer> ConnectToListener() => NamedPipeBearer.ConnectAsync(_listener.LocalName, Options);

    /// <summary>A pipe has no half-close: both directions end.</summary>
    [Fact]
    public override void StillReceives_WhenOnlyItsOwnHalfIsClosed()
    {
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();

        a.Close();
        WaitUntil(() => atA.IsClosed && atB.IsClosed, "both ends");

        Assert.Null(atA.Cause);
        Assert.Null(atB.Cause);
        Finish(a, b, atA, atB);
    }

    /// <summary>A pipe has a small buffer of its own, and nothing of the pool.</summary>
    [Fact]
    public override void HoldsNoBuffer_WhenIdle()
    {
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();

        Assert.True(a.TryWrite(new byte[5_000]));
        WaitUntil(() => atB.Count == 5_000, "the bytes");

        Assert.Equal(0, Pool.Rented);
        Finish(a, b, atA, atB);
    }

    [Fact]
    public async Task FailsInOneLine_WhenNobodyListens()
    {
        string name = NewName();

        BearerException failed = await Assert.ThrowsAsync<BearerException>(() => NamedPipeBearer.ConnectAsync(
            name, new BearerOptions { ConnectTimeout = TimeSpan.FromMilliseconds(50) }, TestContext.Current.CancellationToken));

        Assert.Equal(BearerFailure.ConnectTimeout, failed.Kind);
        Assert.Equal($"cannot connect to {name}: no answer within 0.05 s", failed.Message);
    }

    [Fact]
    public async Task GivesUp_WhenCancelled()
    {
        using var cancelled = new CancellationTokenSource();
        Task<IBearer> connecting = NamedPipeBearer.ConnectAsync(NewName(), Options, cancelled.Token);

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
    }

    [Fact]
    public void Throws_WhenAskedTwice()
    {
        _listener.AcceptNext((_, _) => { });

        Assert.Throws<InvalidOperationException>(() => _listener.AcceptNext((_, _) => { }));
    }

    [Fact]
    public async Task NeverAnswers_WhenDisposedWhileAsked()
    {
        NamedPipeBearerListener listener = NamedPipeBearerListener.Listen(NewName());
        bool answered = false;
        listener.AcceptNext((_, _) => answered = true);

        listener.Dispose();
        listener.Dispose();
        BearerException refused = await Assert.ThrowsAsync<BearerException>(() => NamedPipeBearer.ConnectAsync(
            listener.LocalName, new BearerOptions { ConnectTimeout = TimeSpan.FromMilliseconds(50) }, TestContext.Current.CancellationToken));

        Assert.Equal(BearerFailure.ConnectTimeout, refused.Kind);
        Assert.False(answered);
    }

    [Fact]
    public async Task ServesLocalClients_WhenALocalNodeListensOnIt()
    {
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        InMemoryChain chain = VirtualPair.ChainOf(200);
        var options = new NetworkOptions { Magic = NetworkMagic.Devnet };
        string name = NewName();
        using LocalListener node = LocalListener.Start(
            NamedPipeBearerListener.Listen(name), options, new LocalService { Chain = chain, Ledger = new ChainLedger(chain) });

        for (int client = 0; client < 3; client++)
        {
            await using LocalConnection connection = await LocalConnection.ConnectAsync(@"\\.\pipe\" + name, options, cancelled);
            Point[] points = await connection.ChainSync.Follow(Point.Origin)
                .Where(static e => e.Kind == ChainEventKind.RollForward).Select(static e => e.Point).Take(200).ToArray().ToTask(cancelled).WaitAsync(Patience, cancelled);
            ulong? number = await connection.StateQuery.Query(LedgerQuery.ChainBlockNumber).ToTask(cancelled).WaitAsync(Patience, cancelled);

            Assert.Equal(chain.Tip.Point, points[^1]);
            Assert.Equal(chain.Tip.BlockNumber, number);
            Assert.Equal(name, connection.RemoteName);
        }
    }

    private static string NewName() => $"rx-{Guid.NewGuid():N}";
}
