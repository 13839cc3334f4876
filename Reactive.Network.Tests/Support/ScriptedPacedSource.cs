using System.Reactive.Disposables;
using Reactive.Network.Pacing;

namespace Reactive.Network.Tests.Support;

/// <summary>
/// A paced source that the test drives by hand: it keeps the books on credits and refuses to send beyond its window, as a protocol client would.
/// One subscription at a time, as a raw client; any thread may return credits.
/// </summary>
/// <param name="window">The weight that may be out at once.</param>
public sealed class ScriptedPacedSource<T>(long window = long.MaxValue) : IPacedObservable<T>, ICreditSource
{
    private readonly Lock _gate = new();
    private IPacedObserver<T>? _observer;

    /// <summary>Weight sent and not returned.</summary>
    public long Outstanding { get; private set; }

    /// <summary>The largest <see cref="Outstanding"/> there was.</summary>
    public long PeakOutstanding { get; private set; }

    /// <summary>Weight returned so far.</summary>
    public long Returned { get; private set; }

    /// <summary>Subscriptions so far.</summary>
    public int Subscriptions { get; private set; }

    /// <summary>Whether somebody listens.</summary>
    public bool IsSubscribed => _observer is not null;

    /// <summary>Called when a credit came back and there may be room: where a test sends more.</summary>
    public Action? CreditReturned { get; set; }

    /// <inheritdoc/>
    public IDisposable Subscribe(IObserver<T> observer) => Subscribe(new PlainObserver(observer));

    /// <inheritdoc/>
    public IDisposable Subscribe(IPacedObserver<T> observer)
    {
        Assert.Null(_observer);
        Subscriptions++;
        _observer = observer;
        return Disposable.Create(() => _observer = null);
    }

    /// <summary>Whether an element of this weight fits the window.</summary>
    public bool HasRoom(long weight = 1) => Outstanding + weight <= window;

    /// <summary>Sends an element, which must fit the window.</summary>
    public void Send(T value, long weight = 1)
    {
        lock (_gate)
        {
            Assert.True(HasRoom(weight), $"the script sends beyond the window: {Outstanding} of {window} out");
            Outstanding += weight;
            PeakOutstanding = Math.Max(PeakOutstanding, Outstanding);
        }

        _observer?.OnNext(value, new Credit(this, weight));
    }

    /// <summary>Sends elements as long as they fit the window, and tells how many.</summary>
    public int SendWhileRoom(IEnumerator<T> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        int sent = 0;
        while (HasRoom() && values.MoveNext())
        {
            Send(values.Current);
            sent++;
        }

        return sent;
    }

    /// <summary>Ends the stream.</summary>
    public void Complete() => _observer?.OnCompleted();

    /// <summary>Ends the stream with an error.</summary>
    public void Fail(Exception error) => _observer?.OnError(error);

    /// <inheritdoc/>
    public void Return(long weight)
    {
        lock (_gate)
        {
            Outstanding -= weight;
            Returned += weight;
            Assert.True(Outstanding >= 0, "a credit was returned twice");
        }

        CreditReturned?.Invoke();
    }

    private sealed class PlainObserver(IObserver<T> observer) : IPacedObserver<T>
    {
        public void OnNext(T value, Credit credit)
        {
            observer.OnNext(value);
            credit.Return();
        }

        public void OnError(Exception error) => observer.OnError(error);

        public void OnCompleted() => observer.OnCompleted();
    }
}
