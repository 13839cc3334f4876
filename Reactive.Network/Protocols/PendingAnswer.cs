using Reactive.Network.Internal;

namespace Reactive.Network.Protocols;

/// <summary>
/// What a handler will say to one request: the first element of its observable. It comes on any thread; the strand that answers takes it on its own.
/// </summary>
internal sealed class PendingAnswer<T>(Strand strand) : IObserver<T>
{
    private readonly Lock _gate = new();
    private IDisposable? _subscription;
    private Exception? _error;
    private T? _value;
    private bool _isThere;

    /// <summary>Subscribes to what the handler returned. May call back at once.</summary>
    public void Ask(IObservable<T> answer) => _subscription = answer.Subscribe(this);

    /// <summary>The answer, if it is there.</summary>
    /// <exception cref="Exception">What the handler failed with.</exception>
    public bool TryTake(out T value)
    {
        lock (_gate)
        {
            value = _value!;
            return _error is null ? _isThere : throw _error;
        }
    }

    public void OnNext(T value)
    {
        lock (_gate)
        {
            if (_isThere || _error is not null)
            {
                return;
            }

            _value = value;
            _isThere = true;
        }

        strand.MarkReady();
    }

    public void OnError(Exception error)
    {
        lock (_gate)
        {
            _error ??= _isThere ? null : error;
        }

        strand.MarkReady();
    }

    public void OnCompleted() => OnError(new InvalidOperationException("The handler completed without an answer."));

    /// <summary>Nobody waits for the answer any more.</summary>
    public void Cancel() => _subscription?.Dispose();
}
