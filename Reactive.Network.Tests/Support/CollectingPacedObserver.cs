using Reactive.Network.Pacing;

namespace Reactive.Network.Tests.Support;

/// <summary>A paced observer that keeps what it sees, and returns no credit until the test says so.</summary>
public sealed class CollectingPacedObserver<T> : IPacedObserver<T>
{
    private readonly Queue<Credit> _held = new();

    /// <summary>What was seen.</summary>
    public List<T> Seen { get; } = [];

    /// <summary>Credits not returned.</summary>
    public int Held => _held.Count;

    /// <summary>The error, if any.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Whether the stream completed.</summary>
    public bool IsCompleted { get; private set; }

    /// <inheritdoc/>
    public void OnNext(T value, Credit credit)
    {
        Assert.False(IsCompleted || Error is not null, "an element after the end");
        Seen.Add(value);
        _held.Enqueue(credit);
    }

    /// <inheritdoc/>
    public void OnError(Exception error) => Error = error;

    /// <inheritdoc/>
    public void OnCompleted() => IsCompleted = true;

    /// <summary>Returns the oldest credit.</summary>
    public void ReturnOne() => _held.Dequeue().Return();
}
