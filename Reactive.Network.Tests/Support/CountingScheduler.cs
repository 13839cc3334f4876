using System.Reactive.Concurrency;

namespace Reactive.Network.Tests.Support;

/// <summary>Another scheduler, and a call for each piece of work that it runs: what shows that nothing ticks.</summary>
public sealed class CountingScheduler(IScheduler inner, Action ran) : IScheduler
{
    /// <inheritdoc/>
    public DateTimeOffset Now => inner.Now;

    /// <inheritdoc/>
    public IDisposable Schedule<TState>(TState state, Func<IScheduler, TState, IDisposable> action) => inner.Schedule(state, Counted(action));

    /// <inheritdoc/>
    public IDisposable Schedule<TState>(TState state, TimeSpan dueTime, Func<IScheduler, TState, IDisposable> action) =>
        inner.Schedule(state, dueTime, Counted(action));

    /// <inheritdoc/>
    public IDisposable Schedule<TState>(TState state, DateTimeOffset dueTime, Func<IScheduler, TState, IDisposable> action) =>
        inner.Schedule(state, dueTime, Counted(action));

    private Func<IScheduler, TState, IDisposable> Counted<TState>(Func<IScheduler, TState, IDisposable> action) => (scheduler, state) =>
    {
        ran();
        return action(scheduler, state);
    };
}
