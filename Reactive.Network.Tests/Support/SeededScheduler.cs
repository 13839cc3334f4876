using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace Reactive.Network.Tests.Support;

/// <summary>
/// Virtual time that runs what is ready in any order: at each step one of the work items whose moment has come is picked by a seeded
/// <see cref="Random"/>. So strands interleave as they might on threads, and the same seed gives the same run.
/// </summary>
/// <remarks>
/// Due times are kept as <c>TestScheduler</c> keeps them: work for now or the past runs one tick later, so counts of turns are comparable. Items of
/// one moment that were there together may run in either order, even where one thread scheduled both. One thread only.
/// </remarks>
/// <param name="seed">What the picks are drawn from.</param>
public sealed class SeededScheduler(int seed) : IScheduler, IStopwatchProvider, IServiceProvider
{
    private readonly Random _random = new(seed);
    private readonly PriorityQueue<WorkItem, long> _later = new();
    private readonly List<WorkItem> _ready = [];

    /// <summary>The seed, to print where a test fails.</summary>
    public int Seed { get; } = seed;

    /// <summary>Ticks since the beginning.</summary>
    public long Clock { get; private set; }

    /// <summary>Work items run so far.</summary>
    public long Turns { get; private set; }

    /// <inheritdoc/>
    public DateTimeOffset Now => new(Clock, TimeSpan.Zero);

    /// <summary>Runs <paramref name="body"/> once for each of <paramref name="count"/> seeds; what fails names the seed that replays it.</summary>
    /// <param name="count">Schedulers to try.</param>
    /// <param name="body">The test. It must build everything from the scheduler it gets.</param>
    /// <param name="first">The first seed: the one that a failure named, to replay it.</param>
    public static void ForEachSeed(int count, Action<SeededScheduler> body, int first = 1)
    {
        ArgumentNullException.ThrowIfNull(body);
        for (int seed = first; seed < first + count; seed++)
        {
            try
            {
                body(new SeededScheduler(seed));
            }
            catch (Exception error)
            {
                throw new Xunit.Sdk.XunitException($"Fails with seed {seed} (replay: count 1, first {seed}): {error.Message}", error);
            }
        }
    }

    /// <inheritdoc/>
    public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => ScheduleAt(state, 0, action);

    /// <inheritdoc/>
    public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) =>
        ScheduleAt(state, Clock + dueTime.Ticks, action);

    /// <inheritdoc/>
    public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) =>
        ScheduleAt(state, dueTime.UtcTicks, action);

    /// <summary>Runs until nothing is left to do, or until <paramref name="maxTurns"/> work items have run, which fails: something never rests.</summary>
    public void Run(long maxTurns = 1_000_000)
    {
        while (RunOne())
        {
            Assert.True(Turns < maxTurns, $"still busy after {maxTurns} turns (seed {Seed})");
        }
    }

    /// <summary>Runs everything due up to <paramref name="time"/> from now on, and leaves the clock there.</summary>
    public void AdvanceBy(TimeSpan time) => AdvanceTo(Clock + time.Ticks);

    /// <summary>Runs everything due up to the tick <paramref name="clock"/>, and leaves the clock there.</summary>
    public void AdvanceTo(long clock)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(clock, Clock);
        while (_ready.Count > 0 || (_later.TryPeek(out _, out long due) && due <= clock))
        {
            RunOne();
        }

        Clock = clock;
    }

    /// <inheritdoc/>
    public IStopwatch StartStopwatch() => new VirtualStopwatch(this, Clock);

    /// <inheritdoc/>
    public object? GetService(Type serviceType) => serviceType == typeof(IStopwatchProvider) ? this : null;

    private SingleAssignmentDisposable ScheduleAt<TState>(TState state, long due, Func<IScheduler, TState, IDisposable> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        SingleAssignmentDisposable cancel = new();
        _later.Enqueue(new WorkItem(cancel, () => cancel.Disposable = action(this, state)), Math.Max(due, Clock + 1));
        return cancel;
    }

    private bool RunOne()
    {
        if (_ready.Count == 0)
        {
            if (!_later.TryPeek(out _, out long due))
            {
                return false;
            }

            Clock = due;
            while (_later.TryPeek(out WorkItem? item, out long at) && at == due)
            {
                _later.Dequeue();
                _ready.Add(item);
            }
        }

        int pick = _random.Next(_ready.Count);
        WorkItem chosen = _ready[pick];
        _ready[pick] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        if (!chosen.Cancel.IsDisposed)
        {
            Turns++;
            chosen.Run();
        }

        return true;
    }

    private sealed record WorkItem(SingleAssignmentDisposable Cancel, Action Run);

    private sealed class VirtualStopwatch(SeededScheduler scheduler, long start) : IStopwatch
    {
        public TimeSpan Elapsed => TimeSpan.FromTicks(scheduler.Clock - start);
    }
}
