using System.Reactive.Concurrency;
using Microsoft.Reactive.Testing;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Multiplexing;

/// <summary>A deadline fires at its tick, never before; where the timer has to be set for a moment that is past, one tick later.</summary>
public sealed class DeadlineTimerTests : IDisposable
{
    private readonly TestScheduler _time = new();
    private readonly CountingScheduler _counting;
    private readonly List<(int Slot, long At)> _fired = [];
    private readonly DeadlineTimer _timer;

    public DeadlineTimerTests()
    {
        _counting = new CountingScheduler(_time);
        _timer = new DeadlineTimer(new NetworkClock(_counting), 4, slot => _fired.Add((slot, _time.Clock)));
    }

    public void Dispose() => _timer.Dispose();

    [Fact]
    public void FiresAtItsTick()
    {
        _timer.Set(0, 100);

        _time.AdvanceTo(1_000);

        Assert.Equal([(0, 100L)], _fired);
        Assert.Equal(DeadlineTimer.Never, _timer[0]);
    }

    [Fact]
    public void FiresInASlotMore_WhenItWasReserved()
    {
        _timer.Reserve(7);
        _timer.Set(6, 100);

        _time.AdvanceTo(1_000);

        Assert.Equal([(6, 100L)], _fired);
    }

    [Fact]
    public void RefusesToReserve_WhenADeadlineWasSet()
    {
        _timer.Set(0, 100);

        Assert.Throws<InvalidOperationException>(() => _timer.Reserve(5));
        _timer.Reserve(4);
    }

    [Fact]
    public void FiresOneTickLater_WhenItIsPast()
    {
        _time.AdvanceTo(500);

        _timer.Set(0, 100);
        _time.AdvanceTo(1_000);

        Assert.Equal([(0, 501L)], _fired);
    }

    [Fact]
    public void ArmsNothing_WhenADeadlineMovesLater()
    {
        _timer.Set(0, 100);
        for (int i = 0; i < 1_000; i++)
        {
            _timer.Set(0, 101 + i);
        }

        Assert.Equal(1, _counting.Scheduled);
        _time.AdvanceTo(10_000);

        Assert.Equal([(0, 1_100L)], _fired);
        Assert.Equal(2, _counting.Scheduled);
    }

    [Fact]
    public void FiresInTime_WhenADeadlineMovesEarlier()
    {
        _timer.Set(0, 1_000);
        _timer.Set(0, 100);
        Assert.Equal(1, _counting.Active);

        _time.AdvanceTo(10_000);

        Assert.Equal([(0, 100L)], _fired);
    }

    [Fact]
    public void FiresEachAtItsOwnTick_OnOneTimer()
    {
        _timer.Set(2, 300);
        _timer.Set(0, 100);
        _timer.Set(3, 400);
        _timer.Set(1, 200);
        Assert.Equal(1, _counting.Active);

        _time.AdvanceTo(1_000);

        Assert.Equal([(0, 100L), (1, 200L), (2, 300L), (3, 400L)], _fired);
        Assert.Equal(0, _counting.Active);
    }

    [Fact]
    public void FiresAll_WhenTheyAreDueTogether()
    {
        for (int slot = 0; slot < 4; slot++)
        {
            _timer.Set(slot, 100);
        }

        _time.AdvanceTo(1_000);

        Assert.Equal([(0, 100L), (1, 100L), (2, 100L), (3, 100L)], _fired);
        Assert.Equal(1, _counting.Scheduled);
    }

    [Fact]
    public void FiresNothing_WhenItWasCleared()
    {
        _timer.Set(0, 100);
        _timer.Clear(0);

        _time.AdvanceTo(1_000);

        Assert.Empty(_fired);
        Assert.Equal(0, _counting.Active);
    }

    [Fact]
    public void FiresNothing_WhenItWasDisposed()
    {
        _timer.Set(0, 100);
        _timer.Dispose();
        _timer.Set(1, 50);

        _time.AdvanceTo(1_000);

        Assert.Empty(_fired);
        Assert.Equal(0, _counting.Active);
    }

    [Fact]
    public void FiresWhatWasSetInsideTheCallback()
    {
        DeadlineTimer? timer = null;
        var fired = new List<long>();
        timer = new DeadlineTimer(new NetworkClock(_counting), 1, _ =>
        {
            fired.Add(_time.Clock);
            if (fired.Count < 3)
            {
                timer!.Set(0, _time.Clock + 10);
            }
        });
        timer.Set(0, 100);

        _time.AdvanceTo(1_000);

        Assert.Equal([100L, 110L, 120L], fired);
    }

    [Fact]
    public void AgreesWithAModel_WhenDeadlinesMoveAtRandom() => Seeds.ForEach(100, random =>
    {
        var time = new TestScheduler();
        var fired = new List<(long, int)>();
        var timer = new DeadlineTimer(new NetworkClock(time), 6, slot => fired.Add((time.Clock, slot)));
        var due = new long?[6];
        var expected = new List<(long, int)>();
        for (int step = 0; step < 300; step++)
        {
            long until = time.Clock + random.Next(1, 20);
            for (long tick = time.Clock + 1; tick <= until; tick++)
            {
                for (int slot = 0; slot < due.Length; slot++)
                {
                    if (due[slot] is { } at && at <= tick)
                    {
                        expected.Add((tick, slot));
                        due[slot] = null;
                    }
                }
            }

            time.AdvanceTo(until);
            int changed = random.Next(6);
            if (random.Next(4) == 0)
            {
                timer.Clear(changed);
                due[changed] = null;
            }
            else
            {
                due[changed] = time.Clock + random.Next(-3, 60);
                timer.Set(changed, due[changed]!.Value);
            }
        }

        Assert.Equal(expected, fired);
    });

    /// <summary>Counts timers.</summary>
    private sealed class CountingScheduler(TestScheduler inner) : IScheduler
    {
        public int Scheduled { get; private set; }

        public int Active { get; private set; }

        public DateTimeOffset Now => inner.Now;

        public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => throw new NotSupportedException();

        public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) =>
            throw new NotSupportedException();

        public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action)
        {
            Scheduled++;
            Active++;
            bool over = false;
            IDisposable scheduled = inner.Schedule(state, dueTime, (scheduler, s) =>
            {
                Over();
                return action(scheduler, s);
            });
            return System.Reactive.Disposables.Disposable.Create(() =>
            {
                Over();
                scheduled.Dispose();
            });

            void Over()
            {
                Active -= over ? 0 : 1;
                over = true;
            }
        }
    }
}
