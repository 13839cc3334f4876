using System.Reactive.Concurrency;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Loopback;

/// <summary>What strands, buffers and slabs share, on threads that really run at the same time. Bounded in rounds and in time.</summary>
[Trait("Category", "Loopback")]
[Collection(Alone.Name)]
public class MultiplexingStressTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void LosesNoWakeUp_WhenAFlagIsSetBesideATurn()
    {
        // Nothing but the strand's own fences stands between the flag and the turn that looks at it. Two marks, the second at the moment at which
        // the turn of the first begins: it must be seen by that turn, or cause another.
        using var scheduler = new SpinningScheduler();
        var strand = new FlagStrand(scheduler);
        var random = new Random(1);
        for (int round = 2; round <= 100_000; round += 2)
        {
            strand.Asked = round;
            strand.MarkReady();
            for (int spins = random.Next(60); spins > 0; spins--)
            {
                _ = Volatile.Read(ref strand.Seen);
            }

            strand.Asked = round + 1;
            strand.MarkReady();
            int asked = round + 1;
            Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref strand.Seen) == asked, Patience), $"a wake-up was lost in round {round}");
        }
    }

    [Fact]
    public async Task RunsOneTurnAtATime_WhenManyThreadsMarkIt()
    {
        var strand = new SerialStrand();
        Task[] markers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                strand.Add();
            }
        }, TestContext.Current.CancellationToken))];
        await Task.WhenAll(markers);

        Assert.True(SpinWait.SpinUntil(() => strand.Done == 80_000, Patience), $"{strand.Done} of 80000");
        Assert.Equal(0, strand.Overlaps);
    }

    [Fact]
    public async Task LosesNoByte_WhenWriterAndMuxerShareAnEgressBuffer()
    {
        var pool = new PoisoningArrayPool();
        var egress = new EgressBuffer(pool);
        var slabs = new SlabPool(pool);
        const int Messages = 5_000;
        Task writer = Task.Run(Write, TestContext.Current.CancellationToken);

        void Write()
        {
            var random = new Random(1);
            byte next = 0;
            var room = new SpinWait();
            for (int i = 0; i < Messages; i++)
            {
                while (!egress.HasRoom)
                {
                    room.SpinOnce();
                }

                int length = random.Next(1, 300);
                Span<byte> span = egress.GetSpan(length);
                for (int b = 0; b < length; b++)
                {
                    span[b] = next++;
                }

                egress.Advance(length);
                if (i % 3 == 0)
                {
                    Slab slab = slabs.Rent(16);
                    slab.Array.AsSpan(0, 16).Clear();
                    for (int b = 0; b < 16; b++)
                    {
                        slab.Array[b] = next++;
                    }

                    MemoryLease lease = slab.Carve(0, 16);
                    slab.Seal();
                    egress.WriteReference(lease.Memory, lease);
                }

                egress.Commit();
            }
        }

        byte expected = 0;
        byte[] sdu = new byte[1_000];
        while (!writer.IsCompleted || egress.Length > 0)
        {
            int count = egress.Take(sdu, out _);
            foreach (byte value in sdu.AsSpan(0, count))
            {
                Assert.Equal(expected++, value);
            }
        }

        await writer;
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public async Task GivesEverySlabBackOnce_WhenOwnersAreOnManyThreads()
    {
        var pool = new PoisoningArrayPool();
        var slabs = new SlabPool(pool);
        var assembler = new MessageAssembler(slabs, 65_535);
        byte[] item = [0x43, 1, 2, 3];
        for (int round = 0; round < 200; round++)
        {
            var leases = new MemoryLease[200];
            for (int i = 0; i < leases.Length; i++)
            {
                assembler.TryTakeItem(item, out _, out leases[i]);
                leases[i].Retain();
            }

            await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => Array.ForEach(leases, lease => lease.Release()), TestContext.Current.CancellationToken)));
        }

        assembler.Clear();
        Assert.Equal(0, pool.Outstanding);
    }

    /// <summary>Runs what is scheduled at once, on a thread of its own that does nothing but look for it.</summary>
    private sealed class SpinningScheduler : IScheduler, IDisposable
    {
        private readonly Thread _thread;
        private Action? _next;
        private volatile bool _disposed;

        public SpinningScheduler()
        {
            _thread = new Thread(Run) { IsBackground = true };
            _thread.Start();
        }

        public DateTimeOffset Now => throw new NotSupportedException();

        public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action)
        {
            // A strand has one turn under way at most, so there is always room.
            Assert.Null(Interlocked.Exchange(ref _next, () => action(this, state)));
            return System.Reactive.Disposables.Disposable.Empty;
        }

        public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) =>
            throw new NotSupportedException();

        public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) =>
            throw new NotSupportedException();

        public void Dispose()
        {
            _disposed = true;
            _thread.Join();
        }

        private void Run()
        {
            var idle = new SpinWait();
            while (!_disposed)
            {
                if (Volatile.Read(ref _next) is not null && Interlocked.Exchange(ref _next, null) is { } action)
                {
                    action();
                    idle.Reset();
                }
                else
                {
                    // Never sleeps: a turn shall begin at the same moment as the second mark.
                    idle.SpinOnce(sleep1Threshold: -1);
                }
            }
        }
    }

    private sealed class FlagStrand(IScheduler scheduler) : Strand(scheduler)
    {
        public volatile int Asked;
        public int Seen;

        protected override bool RunTurn()
        {
            Volatile.Write(ref Seen, Asked);
            return false;
        }
    }

    private sealed class SerialStrand() : Strand(DefaultScheduler.Instance)
    {
        private int _waiting;
        private int _inside;

        public int Done { get; private set; }

        public int Overlaps { get; private set; }

        public void Add()
        {
            Interlocked.Increment(ref _waiting);
            MarkReady();
        }

        protected override bool RunTurn()
        {
            if (Interlocked.Exchange(ref _inside, 1) != 0)
            {
                Overlaps++;
            }

            Done += Interlocked.Exchange(ref _waiting, 0);
            Volatile.Write(ref _inside, 0);
            return false;
        }
    }
}
