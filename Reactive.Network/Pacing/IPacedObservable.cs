namespace Reactive.Network.Pacing;

/// <summary>
/// An observable that can be slowed: each element carries a <see cref="Credit"/>, and what the source may ask of the network next depends on
/// the credits that came back.
/// </summary>
/// <remarks>
/// The protocol clients and our operators return these behind <see cref="IObservable{T}"/>. A plain subscriber gives a credit back by
/// returning from <c>OnNext</c>; an operator that queues (<c>BoundedBuffer</c>, <c>ToAsyncEnumerable</c>) subscribes with an
/// <see cref="IPacedObserver{T}"/> and gives it back when the element has left its queue. So demand reaches the wire.
/// </remarks>
/// <typeparam name="T">The elements.</typeparam>
public interface IPacedObservable<out T> : IObservable<T>
{
    /// <summary>Subscribes an observer that gives credits back itself.</summary>
    IDisposable Subscribe(IPacedObserver<T> observer);
}

/// <summary>The observer of an <see cref="IPacedObservable{T}"/>. The grammar is that of Rx.</summary>
/// <typeparam name="T">The elements.</typeparam>
public interface IPacedObserver<in T>
{
    /// <summary>The next element. <paramref name="credit"/> must be returned once, when the element has been consumed; from any thread.</summary>
    void OnNext(T value, Credit credit);

    /// <summary>The stream failed. Credits still out need not be returned.</summary>
    void OnError(Exception error);

    /// <summary>The stream is complete. Credits still out count until they are returned.</summary>
    void OnCompleted();
}

/// <summary>Where credits go back to.</summary>
public interface ICreditSource
{
    /// <summary>An element of <paramref name="weight"/> was consumed. Any thread; never runs user code; harmless after the end of the stream.</summary>
    void Return(long weight);
}

/// <summary>The right of one element to be counted against a window, until it is returned. <c>default</c> counts against nothing.</summary>
/// <param name="Source">Where it goes back to.</param>
/// <param name="Weight">What it counts for: 1 per header, the announced bytes of a block.</param>
public readonly record struct Credit(ICreditSource? Source, long Weight)
{
    /// <summary>Gives the credit back: once per element.</summary>
    public void Return() => Source?.Return(Weight);
}
