using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>Whole conversations with the turns of all strands in any order, one order a seed.</summary>
public class AnyOrderTests
{
    private const int Seeds = 60;

    [Fact]
    public void FoldsToTheServersChain_WhileItSwitchesForks() => SeededScheduler.ForEachSeed(Seeds, time =>
    {
        Pair pair = new(time, new InMemoryBearerOptions { MaxChunk = 700 });
        List<Point> folded = [];
        List<Exception> errors = [];
        pair.Client.ChainSync.Follow(Point.Origin).BoundedBuffer(16, scheduler: time).Subscribe(e => Fold(folded, e), errors.Add);
        var random = new Random(time.Seed);
        for (int round = 0; round < 12; round++)
        {
            pair.Change(random);
            time.AdvanceBy(TimeSpan.FromTicks(random.Next(200)));
        }

        time.AdvanceBy(TimeSpan.FromSeconds(1));

        Assert.Empty(errors);
        Assert.Equal(pair.Points, folded);
    });

    [Fact]
    public void GivesEverythingBack_WhoeverLeavesWhenever() => SeededScheduler.ForEachSeed(Seeds, time =>
    {
        Pair pair = new(time, new InMemoryBearerOptions { MaxChunk = 5000 }, blocks: 120);
        var random = new Random(time.Seed);
        BlockRequest[] all = [.. pair.Blocks.Select(block => new BlockRequest(block.Point, block.Size))];
        List<IDisposable> subscriptions = [];

        // What waits in a buffer that is left is garbage: its bytes are counted back, its arrays are the collector's.
        bool buffers = time.Seed % 2 == 0;
        int blocks = 0;
        for (int round = 0; round < 25; round++)
        {
            int first = random.Next(all.Length - 20);
            IObservable<Block> fetch = pair.Client.BlockFetch.Fetch(all[first..(first + 20)]);
            subscriptions.Add((buffers && round % 3 == 0 ? fetch.BoundedBuffer(8, scheduler: time) : fetch).Recycle(_ => blocks++, _ => { }));
            subscriptions.Add(pair.Client.ChainSync.Follow(pair.Blocks[first].Point).Recycle(_ => { }, _ => { }));
            time.AdvanceBy(TimeSpan.FromTicks(random.Next(60)));
            subscriptions[random.Next(subscriptions.Count)].Dispose();
            subscriptions[random.Next(subscriptions.Count)].Dispose();
        }

        subscriptions.ForEach(subscription => subscription.Dispose());
        time.AdvanceBy(TimeSpan.FromSeconds(1));
        long taken = pair.Options.Budget.Taken;
        bool open = !pair.Client.Completion.IsCompleted;
        List<Point> again = [];
        pair.Client.BlockFetch.Fetch(all).Recycle(block => again.Add(block.Point), error => throw error);
        time.AdvanceBy(TimeSpan.FromSeconds(1));

        Assert.Empty(pair.Faults);
        Assert.True(open, pair.Client.Completion.IsCompleted ? pair.Client.Completion.Result?.ToString() : "open");
        Assert.Equal(0, taken);
        Assert.Equal(all.Select(request => request.Point), again);
        pair.Client.Dispose();
        time.AdvanceBy(TimeSpan.FromSeconds(1));
        Assert.True(buffers || pair.Pool.Outstanding == 0, $"{pair.Pool.Outstanding} arrays are not back");
    });

    [Fact]
    public void TellsEachSubscriptionOnce_WhenTheBearerBreaksWhenever() => SeededScheduler.ForEachSeed(Seeds, time =>
    {
        Pair pair = new(time, new InMemoryBearerOptions { MaxChunk = 3000 }, blocks: 100);
        var random = new Random(time.Seed);
        BlockRequest[] all = [.. pair.Blocks.Select(block => new BlockRequest(block.Point, block.Size))];
        List<Exception> ends = [];
        pair.Client.ChainSync.Follow(Point.Origin).Recycle(_ => { }, ends.Add);
        int completed = 0;
        for (int i = 0; i < 4; i++)
        {
            pair.Client.BlockFetch.Fetch(all[(20 * i)..]).Recycle(_ => { }, ends.Add, () => completed++);
        }

        time.AdvanceBy(TimeSpan.FromTicks(random.Next(400)));
        pair.Server.Dispose();
        time.AdvanceBy(TimeSpan.FromSeconds(1));

        Assert.Equal(5, ends.Count + completed);
        Assert.All(ends, end => Assert.Same(pair.Client.Completion.Result, end));
        Assert.Equal(0, pair.Options.Budget.Taken);
        Assert.Equal(0, pair.Pool.Outstanding);
    });

    private static void Fold(List<Point> folded, ChainSyncEvent e)
    {
        switch (e.Kind)
        {
            case ChainEventKind.RollForward:
                folded.Add(e.Point);
                break;
            case ChainEventKind.RollBackward:
                int at = e.Point.IsOrigin ? 0 : folded.IndexOf(e.Point) + 1;
                Assert.True(at > 0 || e.Point.IsOrigin, $"rolled back to {e.Point}, which was never delivered");
                folded.RemoveRange(at, folded.Count - at);
                break;
        }
    }

    private sealed class Pair
    {
        private int _seed = 1000;

        public Pair(SeededScheduler time, InMemoryBearerOptions path, int blocks = 30)
        {
            foreach (Block block in new ChainGenerator(new ChainGeneratorOptions { Seed = 1, BodyBytes = 500 }).Take(blocks))
            {
                Append(block);
            }

            Options = new NetworkOptions { Magic = NetworkMagic.Devnet, Scheduler = time, Seed = time.Seed, Pool = Pool, ObserverFaulted = Faults.Add };
            (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time, path);
            Server = PeerConnection.Accept(b, Options with { Serve = Chain });
            Client = PeerConnection.Connect(a, Options);
        }

        public InMemoryChain Chain { get; } = new();

        public List<Block> Blocks { get; } = [];

        public IEnumerable<Point> Points => Blocks.Select(block => block.Point);

        public NetworkOptions Options { get; }

        public PoisoningArrayPool Pool { get; } = new();

        public List<Exception> Faults { get; } = [];

        public PeerConnection Server { get; }

        public PeerConnection Client { get; }

        /// <summary>Some blocks more, and now and then some less before.</summary>
        public void Change(Random random)
        {
            if (random.Next(2) == 0)
            {
                int keep = Math.Max(1, Blocks.Count - random.Next(1, 12));
                Blocks.RemoveRange(keep, Blocks.Count - keep);
                Chain.RollBack(Blocks[^1].Point);
            }

            foreach (Block block in new ChainGenerator(new ChainGeneratorOptions { Seed = _seed++, Parent = Chain.Tip, BodyBytes = 500 }).Take(random.Next(1, 10)))
            {
                Append(block);
            }
        }

        private void Append(Block block)
        {
            Chain.Append(block);
            Blocks.Add(block);
        }
    }
}
