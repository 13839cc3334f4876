using System.Reactive.Concurrency;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Loopback;

/// <summary>What strands, buffers and slabs share, on threads that really run at the same time. Bounded in rounds and in time.</summary>
[Trait("Category", "Loopback")]
public class MultiplexingStressTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void LosesNoWakeUp_WhenAFlagIsSetBesideATurn()
    {
        // Nothing but the strand's own fences stands between the flag and the turn that looks at it.
        var strand = new FlagStrand();
        for (int round = 1; round <= 16_000; round++)
        {
            strand.Asked = round;
            strand.MarkReady();
            if (round % 16 == 0)
            {
                Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref strand.Seen) == round, Patience), $"a wake-up was lost in round {round}");
            }
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

    private sealed class FlagStrand() : Strand(DefaultScheduler.Instance)
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
