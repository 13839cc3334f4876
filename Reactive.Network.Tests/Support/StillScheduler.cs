using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace Reactive.Network.Tests.Support;

/// <summary>
/// Runs work in the order in which it came, while time stands still, and allocates nothing once its queues have grown: to measure what the code under
/// test allocates. Work for later never runs. One thread only.
/// </summary>
public sealed class StillScheduler : IScheduler
{
    private readonly Queue<ILine> _order = new();
    private readonly Dictionary<Type, ILine> _lines = [];

    private interface ILine
    {
        void RunNext(IScheduler scheduler);
    }

    /// <inheritdoc/>
    public DateTimeOffset Now => DateTimeOffset.UnixEpoch;

    /// <summary>Runs until nothing is left.</summary>
    public void Run()
    {
        while (_order.TryDequeue(out ILine? line))
        {
            line.RunNext(this);
        }
    }

    /// <inheritdoc/>
    public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action)
    {
        if (!_lines.TryGetValue(typeof(TState), out ILine? line))
        {
            _lines[typeof(TState)] = line = new Line<TState>();
        }

        ((Line<TState>)line).Add(state, action);
        _order.Enqueue(line);
        return Disposable.Empty;
    }

    /// <inheritdoc/>
    public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) =>
        dueTime <= TimeSpan.Zero ? Schedule(state, action) : Disposable.Empty;

    /// <inheritdoc/>
    public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) =>
        Schedule(state, dueTime - Now, action);

    private sealed class Line<TState> : ILine
    {
        private readonly Queue<(TState State, Func<IScheduler, TState, IDisposable> Action)> _work = new();

        public void Add(TState state, Func<IScheduler, TState, IDisposable> action) => _work.Enqueue((state, action));

        public void RunNext(IScheduler scheduler)
        {
            (TState state, Func<IScheduler, TState, IDisposable> action) = _work.Dequeue();
            action(scheduler, state);
        }
    }
}
