namespace Reactive.Network.Protocols;

/// <summary>One request of a client that waits for its answer. Any thread disposes it; everything else is its lane's.</summary>
/// <typeparam name="TMessage">The messages of the mini-protocol.</typeparam>
internal abstract class Call<TMessage>
{
    private volatile bool _disposed;

    /// <summary>Whether nobody waits any more: disposed, answered or failed.</summary>
    public bool IsDisposed
    {
        get => _disposed;
        set => _disposed = value;
    }

    /// <summary>What is asked.</summary>
    public abstract TMessage Request { get; }

    /// <summary>The answer, of which the table says that it is one. Runs user code.</summary>
    public abstract void Tell(TMessage answer);

    /// <summary>There will be no answer. Runs user code.</summary>
    public abstract void Fail(Exception error);
}

/// <summary>A call with one element for an observer.</summary>
/// <typeparam name="TMessage">The messages of the mini-protocol.</typeparam>
/// <typeparam name="T">The element.</typeparam>
/// <param name="request">What is asked.</param>
/// <param name="read">Makes the element; throws a <see cref="NetworkException"/> where the answer is a refusal.</param>
/// <param name="observer">Who asked.</param>
internal sealed class Call<TMessage, T>(TMessage request, Func<TMessage, T> read, IObserver<T> observer) : Call<TMessage>
{
    public override TMessage Request { get; } = request;

    public override void Tell(TMessage answer)
    {
        T value;
        try
        {
            value = read(answer);
        }
        catch (NetworkException refusal)
        {
            observer.OnError(refusal);
            return;
        }

        observer.OnNext(value);
        observer.OnCompleted();
    }

    public override void Fail(Exception error) => observer.OnError(error);
}
