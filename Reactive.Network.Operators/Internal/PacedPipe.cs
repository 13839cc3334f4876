using System.Reactive;
using System.Reactive.Disposables;
using Reactive.Network.Pacing;

namespace Reactive.Network.Operators.Internal;

/// <summary>An operator's result for a source that is not paced: not paced either, so that nobody downstream believes that it can be slowed.</summary>
internal class PlainPipe<T>(Func<IPacedObserver<T>, IDisposable> subscribe) : ObservableBase<T>
{
    /// <inheritdoc/>
    protected override IDisposable SubscribeCore(IObserver<T> observer) => subscribe(new ReturningObserver<T>(observer));
}

/// <summary>An operator's result for a paced source: a plain observer returns each credit by returning from <c>OnNext</c>.</summary>
internal class PacedPipe<T>(Func<IPacedObserver<T>, IDisposable> subscribe) : PlainPipe<T>(subscribe), IPacedObservable<T>
{
    private readonly Func<IPacedObserver<T>, IDisposable> _subscribe = subscribe;

    /// <inheritdoc/>
    public IDisposable Subscribe(IPacedObserver<T> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return _subscribe(observer);
    }
}

/// <summary>A paced observable that gives its observer no more than it asks to hold. Ours only: what queues asks for what it can use.</summary>
internal interface IWindowedObservable<T> : IPacedObservable<T>
{
    /// <summary>Subscribes an observer that is given at most <paramref name="window"/> elements whose credits are not back.</summary>
    IDisposable Subscribe(IPacedObserver<T> observer, long window);
}

/// <summary>How operators subscribe to their sources.</summary>
internal static class Paced
{
    /// <summary>Makes an operator's result as paced as its source.</summary>
    public static IObservable<T> Like<TSource, T>(IObservable<TSource> source, Func<IPacedObserver<T>, IDisposable> subscribe) =>
        source is IPacedObservable<TSource> ? new PacedPipe<T>(subscribe) : new PlainPipe<T>(subscribe);

    /// <summary>Subscribes with credits where the source has them; elements of one that has not come with <c>default</c>.</summary>
    public static IDisposable Subscribe<T>(IObservable<T> source, IPacedObserver<T> observer, long window = long.MaxValue)
    {
        try
        {
            return source switch
            {
                IWindowedObservable<T> windowed => windowed.Subscribe(observer, window),
                IPacedObservable<T> paced => paced.Subscribe(observer),
                _ => source.Subscribe(new UncountedObserver<T>(observer)),
            };
        }
        catch (Exception error)
        {
            // As Rx's SubscribeSafe: a source that throws at Subscribe has failed.
            observer.OnError(error);
            return Disposable.Empty;
        }
    }
}

/// <summary>A plain observer at the end of paced operators.</summary>
internal sealed class ReturningObserver<T>(IObserver<T> observer) : IPacedObserver<T>
{
    public void OnNext(T value, Credit credit)
    {
        observer.OnNext(value);
        credit.Return();
    }

    public void OnError(Exception error) => observer.OnError(error);

    public void OnCompleted() => observer.OnCompleted();
}

/// <summary>An operator behind a source that is not paced.</summary>
internal sealed class UncountedObserver<T>(IPacedObserver<T> observer) : IObserver<T>
{
    public void OnNext(T value) => observer.OnNext(value, default);

    public void OnError(Exception error) => observer.OnError(error);

    public void OnCompleted() => observer.OnCompleted();
}
