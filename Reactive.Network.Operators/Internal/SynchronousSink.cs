using System.Diagnostics.CodeAnalysis;
using System.Reactive.Disposables;
using Reactive.Network.Pacing;

namespace Reactive.Network.Operators.Internal;

/// <summary>An operator that calls its observer inside the source's call: it keeps the grammar, and turns what a callback throws into the end of the stream.</summary>
internal abstract class SynchronousSink<TSource, T>(IPacedObserver<T> observer) : IPacedObserver<TSource>, IDisposable
{
    private readonly SingleAssignmentDisposable _upstream = new();

    /// <summary>Subscribes.</summary>
    public IDisposable Run(IObservable<TSource> source)
    {
        try
        {
            Start();
        }
        catch (Exception error)
        {
            OnError(error);
            return this;
        }

        _upstream.Disposable = Paced.Subscribe(source, this);
        return this;
    }

    public void OnNext(TSource value, Credit credit)
    {
        if (_upstream.IsDisposed)
        {
            credit.Return();
            return;
        }

        T? result;
        try
        {
            if (!TryTransform(value, out result))
            {
                credit.Return();
                return;
            }
        }
        catch (Exception error)
        {
            credit.Return();
            OnError(error);
            return;
        }

        try
        {
            observer.OnNext(result, credit);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void OnError(Exception error)
    {
        if (!_upstream.IsDisposed)
        {
            Dispose();
            observer.OnError(error);
        }
    }

    public void OnCompleted()
    {
        if (!_upstream.IsDisposed)
        {
            Dispose();
            observer.OnCompleted();
        }
    }

    public void Dispose() => _upstream.Dispose();

    /// <summary>Before the source is subscribed to. What it throws ends the stream.</summary>
    protected virtual void Start()
    {
    }

    /// <summary>What becomes of an element: at most one, which takes over its credit. What it throws ends the stream.</summary>
    protected abstract bool TryTransform(TSource value, [MaybeNullWhen(false)] out T result);
}
