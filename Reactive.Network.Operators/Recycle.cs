using System.Reactive;
using System.Reactive.Disposables;
using System.Runtime.ExceptionServices;
using Reactive.Network.Chain;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Subscribes, and gives each element back when <paramref name="onNext"/> returns, so that its memory is reused.</summary>
    /// <typeparam name="T">Elements that own memory.</typeparam>
    /// <param name="source">What is subscribed to. The subscription must be the single owner of its elements.</param>
    /// <param name="onNext">Called with each element. Keep nothing of it: copy, or <c>Retain</c>, what is to be kept.</param>
    /// <param name="onError">Called with the error. Without it the error is thrown where the source runs.</param>
    /// <param name="onCompleted">Called at the end.</param>
    /// <returns>Ends the subscription.</returns>
    /// <inheritdoc cref="Recycle{T}(IObservable{T}, IObserver{T})" path="/remarks"/>
    public static IDisposable Recycle<T>(
        this IObservable<T> source, Action<T> onNext, Action<Exception>? onError = null, Action? onCompleted = null)
        where T : IDisposable
    {
        ArgumentNullException.ThrowIfNull(source);
        return source.Recycle(ToObserver(onNext, onError, onCompleted));
    }

    /// <summary>Subscribes, and gives each element back when <paramref name="observer"/> returns, so that its memory is reused.</summary>
    /// <typeparam name="T">Elements that own memory.</typeparam>
    /// <param name="source">What is subscribed to. The subscription must be the single owner of its elements.</param>
    /// <param name="observer">Called with each element. Keep nothing of it: copy, or <c>Retain</c>, what is to be kept.</param>
    /// <returns>Ends the subscription.</returns>
    /// <remarks>
    /// Per-subscription. The observer is called where the source calls. This subscription owns the elements: each is disposed when <c>OnNext</c> returns or
    /// throws, and one that still arrives after the subscription ended is disposed unseen. Completes and fails as the source does. Disposing leaves
    /// the source. Not for a shared source: its other observers would read memory that was given back. An observer that throws ends the subscription, and
    /// the exception passes to the source.
    /// </remarks>
    public static IDisposable Recycle<T>(this IObservable<T> source, IObserver<T> observer)
        where T : IDisposable
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(observer);
        return Recycler<T>.Run(source, observer, static (in T element) => element.Dispose());
    }

    /// <summary>Subscribes, and gives what each roll forward brings back when <paramref name="onNext"/> returns, so that its memory is reused.</summary>
    /// <typeparam name="T">What a roll forward brings: a header or a block.</typeparam>
    /// <param name="source">What is subscribed to. The subscription must be the single owner of its elements.</param>
    /// <param name="onNext">Called with each event. Keep nothing of its value: copy, or <c>Retain</c>, what is to be kept.</param>
    /// <param name="onError">Called with the error. Without it the error is thrown where the source runs.</param>
    /// <param name="onCompleted">Called at the end.</param>
    /// <returns>Ends the subscription.</returns>
    /// <inheritdoc cref="Recycle{T}(IObservable{T}, IObserver{T})" path="/remarks"/>
    public static IDisposable Recycle<T>(
        this IObservable<ChainEvent<T>> source, Action<ChainEvent<T>> onNext, Action<Exception>? onError = null, Action? onCompleted = null)
        where T : IDisposable
    {
        ArgumentNullException.ThrowIfNull(source);
        return source.Recycle(ToObserver(onNext, onError, onCompleted));
    }

    /// <summary>Subscribes, and gives what each roll forward brings back when <paramref name="observer"/> returns, so that its memory is reused.</summary>
    /// <typeparam name="T">What a roll forward brings: a header or a block.</typeparam>
    /// <param name="source">What is subscribed to. The subscription must be the single owner of its elements.</param>
    /// <param name="observer">Called with each event. Keep nothing of its value: copy, or <c>Retain</c>, what is to be kept.</param>
    /// <returns>Ends the subscription.</returns>
    /// <inheritdoc cref="Recycle{T}(IObservable{T}, IObserver{T})" path="/remarks"/>
    public static IDisposable Recycle<T>(this IObservable<ChainEvent<T>> source, IObserver<ChainEvent<T>> observer)
        where T : IDisposable
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(observer);
        return Recycler<ChainEvent<T>>.Run(source, observer, static (in ChainEvent<T> chainEvent) =>
        {
            if (chainEvent.IsRollForward)
            {
                chainEvent.Value.Dispose();
            }
        });
    }

    private static IObserver<T> ToObserver<T>(Action<T> onNext, Action<Exception>? onError, Action? onCompleted)
    {
        ArgumentNullException.ThrowIfNull(onNext);
        return Observer.Create(onNext, onError ?? ExceptionDispatchInfo.Throw, onCompleted ?? (static () => { }));
    }
}

/// <summary>An observer that gives elements back after the observer behind it is done with them.</summary>
internal sealed class Recycler<T> : IObserver<T>, IDisposable
{
    private readonly IObserver<T> _observer;
    private readonly GiveBack _giveBack;
    private readonly SingleAssignmentDisposable _upstream = new();

    private Recycler(IObserver<T> observer, GiveBack giveBack) => (_observer, _giveBack) = (observer, giveBack);

    /// <summary>Disposes what an element owns, without boxing it.</summary>
    internal delegate void GiveBack(in T element);

    public void OnNext(T value)
    {
        try
        {
            if (!_upstream.IsDisposed)
            {
                _observer.OnNext(value);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
        finally
        {
            _giveBack(value);
        }
    }

    public void OnError(Exception error)
    {
        if (!_upstream.IsDisposed)
        {
            Dispose();
            _observer.OnError(error);
        }
    }

    public void OnCompleted()
    {
        if (!_upstream.IsDisposed)
        {
            Dispose();
            _observer.OnCompleted();
        }
    }

    public void Dispose() => _upstream.Dispose();

    internal static Recycler<T> Run(IObservable<T> source, IObserver<T> observer, GiveBack giveBack)
    {
        Recycler<T> recycler = new(observer, giveBack);
        recycler._upstream.Disposable = source.SubscribeSafe(recycler);
        return recycler;
    }
}
