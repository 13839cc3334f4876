using Reactive.Network.Chain;
using Reactive.Network.Pacing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.TxSubmission;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Peers;

/// <summary>Transactions over a network: offered to every hot peer, received once.</summary>
public class NetworkTransactionsTests
{
    private static readonly PeerAddress A = PeerAddress.Parse("192.0.2.1:3001");

    [Fact]
    public void EachTransactionArrivesOnce_WhenTwoPeersOfferIt()
    {
        using var net = new VirtualNetwork();
        using PeerNetwork receiver = Receiver(net, out List<ReceivedTransaction> received);
        using InMemoryMempool one = PoolOf(1, 2, 3);
        using InMemoryMempool two = PoolOf(3, 2, 4);
        using PeerNetwork first = Sender(net, one);
        using PeerNetwork second = Sender(net, two);

        net.Run(TimeSpan.FromSeconds(10));

        Assert.Equal([1, 2, 3, 4], received.Select(static one => (int)one.Transaction.Bytes.Span[1]).Order().ToArray());
        Assert.Empty(net.Faults);
    }

    [Fact]
    public void LaterTransactionArrives_WhenItIsAddedToTheMempool()
    {
        using var net = new VirtualNetwork();
        using PeerNetwork receiver = Receiver(net, out List<ReceivedTransaction> received);
        using InMemoryMempool pool = PoolOf(1);
        using PeerNetwork sender = Sender(net, pool);
        net.Run(TimeSpan.FromSeconds(10));

        pool.TryAdd(Tx(9));
        net.Run(TimeSpan.FromSeconds(1));

        Assert.Equal([Tx(1).Id, Tx(9).Id], received.Select(static one => one.Transaction.Id));
    }

    [Fact]
    public void SecondUserIsRefused_WhileTheFirstLives()
    {
        using var net = new VirtualNetwork();
        using PeerNetwork receiver = Receiver(net, out _);
        Exception? refused = null;

        receiver.Transactions.Subscribe(static _ => { }, error => refused = error);
        net.Run(TimeSpan.FromSeconds(1));

        Assert.IsType<ProtocolBusyException>(refused);
    }

    [Fact]
    public void AsksNoFurther_WhenTransactionsAreNotConsumed()
    {
        using var net = new VirtualNetwork();
        net.Start();
        using PeerNetwork receiver = PeerNetwork.Start(net.Options with
        {
            Serve = VirtualPair.ChainOf(3),
            TxSubmission = new TxSubmissionOptions { MaxBytesInFlight = 20_000 },
        });
        receiver.Listen(net.Dialer.Listen(A));
        var observer = new CollectingPacedObserver<ReceivedTransaction>();
        using IDisposable subscription = ((IPacedObservable<ReceivedTransaction>)receiver.Transactions).Subscribe(observer);
        using var pool = new InMemoryMempool();
        for (byte i = 0; i < 20; i++)
        {
            // [number, h'5,000 bytes']: each has an id of its own.
            Assert.True(pool.TryAdd(new Transaction(Era.Conway, (byte[])[0x82, i, 0x59, 0x13, 0x88, .. new byte[5000]])));
        }

        using PeerNetwork sender = Sender(net, pool);
        net.Run(TimeSpan.FromSeconds(10));

        Assert.InRange(observer.Seen.Count, 1, 5);
    }

    private static PeerNetwork Receiver(VirtualNetwork net, out List<ReceivedTransaction> received)
    {
        net.Start();
        PeerNetwork receiver = PeerNetwork.Start(net.Options with { Serve = VirtualPair.ChainOf(3) });
        receiver.Listen(net.Dialer.Listen(A));
        List<ReceivedTransaction> list = [];
        receiver.Transactions.Subscribe(list.Add);
        received = list;
        return receiver;
    }

    private static PeerNetwork Sender(VirtualNetwork net, IMempool pool) => PeerNetwork.Start(net.Options with
    {
        LocalRoots = [A],
        Peers = net.Options.Peers with { Mempool = pool },
    });

    private static InMemoryMempool PoolOf(params byte[] numbers)
    {
        var pool = new InMemoryMempool();
        foreach (byte number in numbers)
        {
            Assert.True(pool.TryAdd(Tx(number)));
        }

        return pool;
    }

    /// <summary>The smallest array with a body: <c>[number, 0]</c>.</summary>
    private static Transaction Tx(byte number) => new(Era.Conway, new byte[] { 0x82, number, 0x00 });
}
