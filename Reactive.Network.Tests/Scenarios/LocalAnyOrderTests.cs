using System.Reactive.Linq;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.LocalStateQuery;
using Reactive.Network.Protocols.LocalTxMonitor;
using Reactive.Network.Protocols.LocalTxSubmission;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Protocols.TxSubmission;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>Local conversations with the turns of all strands in any order, one order a seed; the node's handlers answer now or later.</summary>
public class LocalAnyOrderTests
{
    private const int Seeds = 60;

    [Fact]
    public void AnswersEachUserOnceAndGivesEverythingBack_WhoeverLeavesWhenever() => SeededScheduler.ForEachSeed(Seeds, time =>
    {
        using var mempool = new InMemoryMempool();
        var pair = new Pair(time, mempool);
        var random = new Random(time.Seed);
        List<IDisposable> subscriptions = [];
        for (int round = 0; round < 30; round++)
        {
            subscriptions.Add(pair.Ask(random));
            time.AdvanceBy(TimeSpan.FromTicks(random.Next(80)));
            if (random.Next(3) == 0)
            {
                subscriptions[random.Next(subscriptions.Count)].Dispose();
            }
        }

        time.AdvanceBy(TimeSpan.FromSeconds(1));
        subscriptions.ForEach(subscription => subscription.Dispose());
        time.AdvanceBy(TimeSpan.FromSeconds(1));
        ulong? number = null;
        bool? has = null;
        pair.Client.StateQuery.Query(LedgerQuery.ChainBlockNumber).Subscribe(value => number = value);
        pair.Client.TxMonitor.Has(Transactions.Of(1).Id).Subscribe(value => has = value);
        time.AdvanceBy(TimeSpan.FromSeconds(1));

        Assert.Empty(pair.Errors);
        Assert.Empty(pair.Faults);
        Assert.Equal(7u, number);
        Assert.NotNull(has);
        Assert.Equal(0, pair.Held);
        Assert.All(pair.Told, told => Assert.InRange(told, 0, 1));
        pair.Client.Dispose();
        time.AdvanceBy(TimeSpan.FromSeconds(1));
        Assert.Equal(0, pair.Pool.Outstanding);
    });

    [Fact]
    public void TellsEachUserOnce_WhenTheBearerBreaksWhenever() => SeededScheduler.ForEachSeed(Seeds, time =>
    {
        using var mempool = new InMemoryMempool();
        var pair = new Pair(time, mempool);
        var random = new Random(time.Seed);
        for (int round = 0; round < 12; round++)
        {
            pair.Ask(random);
            time.AdvanceBy(TimeSpan.FromTicks(random.Next(60)));
        }

        pair.Break();
        time.AdvanceBy(TimeSpan.FromSeconds(1));
        pair.Ask(random);
        time.AdvanceBy(TimeSpan.FromSeconds(1));

        Assert.All(pair.Told, told => Assert.Equal(1, told));
        Assert.Equal(0, pair.Held);
        Assert.Equal(0, pair.Pool.Outstanding);
    });

    private sealed class Pair : ITransactionAcceptor, ILedgerStates
    {
        private readonly SeededScheduler _time;
        private readonly IBearer _bearer;
        private readonly InMemoryMempool _mempool;
        private int _submitted;

        public Pair(SeededScheduler time, InMemoryMempool mempool)
        {
            _time = time;
            _mempool = mempool;
            var options = new NetworkOptions { Magic = NetworkMagic.Devnet, Scheduler = time, Seed = time.Seed, Pool = Pool, ObserverFaulted = Faults.Add };
            (_bearer, IBearer other) = InMemoryBearer.CreatePair(time, new InMemoryBearerOptions { MaxChunk = 700 });
            LocalConnection.Accept(other, options, new LocalService
            {
                Chain = VirtualPair.ChainOf(40),
                Transactions = this,
                Ledger = this,
                Mempool = MempoolMonitor.Of(_mempool, 178_176, () => 5),
            });
            Client = LocalConnection.Connect(_bearer, options);
        }

        public PoisoningArrayPool Pool { get; } = new();

        public LocalConnection Client { get; }

        public List<Exception> Faults { get; } = [];

        public List<Exception> Errors { get; } = [];

        /// <summary>How often each user has heard that it is over.</summary>
        public List<int> Told { get; } = [];

        public int Held { get; private set; }

        public void Break() => _bearer.Abort();

        public IDisposable Ask(Random random) => random.Next(6) switch
        {
            0 => Watch(Client.StateQuery.Query(LedgerQuery.ChainBlockNumber)),
            1 => Watch(Client.StateQuery.Acquire(LedgerTarget.ImmutableTip).SelectMany(view => view.Query(LedgerQuery.ChainPoint)).Take(1)),
            2 => Watch(Client.TxSubmission.Submit(Transactions.Of(++_submitted))),
            3 => Watch(Client.TxMonitor.Sizes()),
            4 => Watch(Client.TxMonitor.Has(Transactions.Of(1).Id)),
            _ => Watch(Client.StateQuery.Query(LedgerQuery.CurrentEra).CombineLatest(Client.TxMonitor.Acquire().SelectMany(s => s.NextTransaction()).Take(1))),
        };

        public IObservable<TransactionRejection?> Submit(Transaction transaction) =>
            Later(_mempool.TryAdd(transaction) ? null : TransactionRejection.WrongEra(Era.Conway, Era.Babbage));

        public ILedgerState TryAcquire(LedgerTarget target, out LedgerAcquireFailure failure)
        {
            failure = default;
            Held++;
            return new State(this);
        }

        private IObservable<T> Later<T>(T value) =>
            _time.Clock % 2 == 0 ? Observable.Return(value) : Observable.Timer(TimeSpan.FromTicks(30), _time).Select(_ => value);

        private IDisposable Watch<T>(IObservable<T> question)
        {
            int index = Told.Count;
            Told.Add(0);
            return question.Subscribe(
                static _ => { },
                error =>
                {
                    Told[index]++;
                    Errors.Add(error);
                },
                () => Told[index]++);
        }

        private sealed class State(Pair pair) : ILedgerState
        {
            public IObservable<ReadOnlyMemory<byte>> Answer(LedgerRequest request) => pair.Later(request.Kind switch
            {
                LedgerRequestKind.ChainBlockNumber => LedgerAnswer.ChainBlockNumber(7),
                LedgerRequestKind.CurrentEra => LedgerAnswer.CurrentEra(Era.Conway),
                _ => LedgerAnswer.ChainPoint(Point.Origin),
            });

            public void Dispose() => pair.Held--;
        }
    }
}
