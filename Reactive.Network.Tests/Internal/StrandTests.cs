using System.Collections.Concurrent;
using System.Reactive.Concurrency;
using Microsoft.Reactive.Testing;
using Reactive.Network.Internal;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Internal;

public class StrandTests
{
    [Fact]
    public void RunsNothingInPlace()
    {
        var time = new TestScheduler();
        var strand = new CountingStrand(time);

        strand.MarkReady();

        Assert.Equal(0, strand.Turns);
        time.AdvanceBy(1);
        Assert.Equal(1, strand.Turns);
    }

    [Fact]
    public void RunsOneTurn_WhenItIsMarkedOften()
    {
        var time = new TestScheduler();
        var strand = new CountingStrand(time);

        strand.MarkReady();
        strand.MarkReady();
        strand.MarkReady();
        time.Start();

        Assert.Equal(1, strand.Turns);
    }

    [Fact]
    public void RunsAgain_WhenItIsMarkedInsideItsTurn()
    {
        var time = new TestScheduler();
        var strand = new CountingStrand(time) { Turn = s => s.MarkReady(), TurnsThatMark = 3 };

        strand.MarkReady();
        time.Start();

        Assert.Equal(4, strand.Turns);
    }

    [Fact]
    public void TakesATickPerTurn_WhenItSaysThatThereIsMore()
    {
        var time = new TestScheduler();
        var strand = new CountingStrand(time) { TurnsWithMore = 5 };
        strand.MarkReady();

        time.AdvanceBy(3);

        Assert.Equal(3, strand.Turns);
        time.Start();
        Assert.Equal(6, strand.Turns);
    }

    [Fact]
    public void CanRunAgain_WhenATurnThrew()
    {
        var time = new TestScheduler();
        var strand = new CountingStrand(time) { Turn = _ => throw new InvalidOperationException(), TurnsThatMark = 1 };
        strand.MarkReady();
        Assert.Throws<InvalidOperationException>(time.Start);
        time.Stop();

        strand.MarkReady();
        time.Start();

        Assert.Equal(2, strand.Turns);
    }

    [Fact]
    public void LosesNoWakeUp_WhenWorkComesInAnyOrder() => SeededScheduler.ForEachSeed(40, scheduler =>
    {
        // A ring of strands that hand each other tokens: were one wake-up lost, a token would be too.
        const int Strands = 5;
        const int Hops = 500;
        var ring = new RingStrand[Strands];
        for (int i = 0; i < Strands; i++)
        {
            int next = (i + 1) % Strands;
            ring[i] = new RingStrand(scheduler, hops => ring[next].Give(hops));
        }

        foreach (RingStrand strand in ring)
        {
            strand.Give(Hops);
            strand.Give(Hops);
        }

        scheduler.Run();

        Assert.Equal(2 * Strands * (Hops + 1), ring.Sum(strand => strand.Taken));
    });

    [Fact]
    public void LosesNoWakeUp_OnThePool_WhenSomeAreDeferred()
    {
        const int Strands = 4;
        const int Hops = 20_000;
        using var done = new CountdownEvent(Strands);
        var ring = new PoolStrand[Strands];
        for (int i = 0; i < Strands; i++)
        {
            int next = (i + 1) % Strands;
            ring[i] = new PoolStrand(hops => PassOn(ring[next], hops), done);
        }

        foreach (PoolStrand strand in ring)
        {
            strand.Give(Hops);
        }

        Assert.True(done.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken), $"{done.CurrentCount} of {Strands} tokens did not come round");

        // By turns as a receive loop does that has read all, as one that goes on reading, and as anybody else.
        static void PassOn(PoolStrand next, int hops)
        {
            if (hops % 3 > 0)
            {
                Strand.Defer();
            }

            next.Give(hops);
            if (hops % 3 == 1)
            {
                ThreadPool.UnsafeQueueUserWorkItem(static strand => strand.MarkReady(), next, preferLocal: false);
            }

            Strand.DispatchDeferred();
        }
    }

    [Fact]
    public async Task RunsOnTheThreadThatDeferred_ButOnlyTheFirst()
    {
        var first = new CountingStrand(TaskPoolScheduler.Default);
        var second = new CountingStrand(TaskPoolScheduler.Default);
        await Task.Run(() =>
        {
            Strand.Defer();
            first.MarkReady();
            second.MarkReady();
            Assert.Equal(0, first.Turns);

            Strand.RunDeferred();

            Assert.Equal((1, Environment.CurrentManagedThreadId), (first.Turns, first.Thread));
            Strand.RunDeferred();
            Assert.Equal(1, first.Turns);
        }, TestContext.Current.CancellationToken);
        Assert.True(SpinWait.SpinUntil(() => second.Turns == 1, TimeSpan.FromSeconds(30)));
    }

    /// <summary>On the system's own thread, which all sockets share, nothing of the user's may run.</summary>
    [Fact]
    public void GoesToThePool_WhenTheThreadIsNotOfIt()
    {
        var strand = new CountingStrand(TaskPoolScheduler.Default);
        var thread = new System.Threading.Thread(() =>
        {
            Strand.Defer();
            strand.MarkReady();
            Strand.RunDeferred();
        });
        thread.Start();
        thread.Join();

        Assert.True(SpinWait.SpinUntil(() => strand.Turns == 1, TimeSpan.FromSeconds(30)));
        Assert.NotEqual(thread.ManagedThreadId, strand.Thread);
    }

    [Fact]
    public void DefersNothing_InVirtualTime()
    {
        var time = new TestScheduler();
        var strand = new CountingStrand(time);
        Strand.Defer();
        strand.MarkReady();

        time.AdvanceBy(1);

        Assert.Equal(1, strand.Turns);
        Strand.RunDeferred();
        Assert.Equal(1, strand.Turns);
    }

    [Fact]
    public void KnowsTheThreadPool()
    {
        Assert.True(Strand.IsThreadPool(DefaultScheduler.Instance));
        Assert.True(Strand.IsThreadPool(TaskPoolScheduler.Default));
        Assert.True(Strand.IsThreadPool(ThreadPoolScheduler.Instance));
        Assert.False(Strand.IsThreadPool(new TestScheduler()));
    }

    private sealed class CountingStrand(IScheduler scheduler) : Strand(scheduler)
    {
        public int Turns { get; private set; }

        public Action<CountingStrand>? Turn { get; init; }

        public int TurnsThatMark { get; init; }

        public int TurnsWithMore { get; init; }

        /// <summary>Of the last turn.</summary>
        public int Thread { get; private set; }

        protected override bool RunTurn()
        {
            Thread = Environment.CurrentManagedThreadId;
            Turns++;
            if (Turns <= TurnsThatMark)
            {
                Turn!(this);
            }

            return Turns <= TurnsWithMore;
        }
    }

    private sealed class PoolStrand(Action<int> pass, CountdownEvent done) : Strand(TaskPoolScheduler.Default)
    {
        private readonly ConcurrentQueue<int> _tokens = new();

        public void Give(int hops)
        {
            _tokens.Enqueue(hops);
            MarkReady();
        }

        protected override bool RunTurn()
        {
            if (_tokens.TryDequeue(out int hops))
            {
                if (hops > 0)
                {
                    pass(hops - 1);
                }
                else
                {
                    done.Signal();
                }
            }

            return !_tokens.IsEmpty;
        }
    }

    private sealed class RingStrand(IScheduler scheduler, Action<int> pass) : Strand(scheduler)
    {
        private readonly Queue<int> _tokens = new();

        public int Taken { get; private set; }

        public void Give(int hops)
        {
            _tokens.Enqueue(hops);
            MarkReady();
        }

        protected override bool RunTurn()
        {
            int hops = _tokens.Dequeue();
            Taken++;
            if (hops > 0)
            {
                pass(hops - 1);
            }

            return _tokens.Count > 0;
        }
    }
}
