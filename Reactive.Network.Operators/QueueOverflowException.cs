using System.Globalization;

namespace Reactive.Network.Operators;

/// <summary>A queue with <see cref="Overflow.Fail"/> was full when one more element came: the observer is slower than a source that cannot be slowed.</summary>
public sealed class QueueOverflowException : NetworkException
{
    internal QueueOverflowException(string queue, long capacity, long waiting, long weight)
        : base(Fault.Local, string.Create(CultureInfo.InvariantCulture, $"{queue}: {waiting} of {capacity} waiting, no room for {weight} more"))
    {
        Queue = queue;
        Capacity = capacity;
        Waiting = waiting;
        Weight = weight;
    }

    /// <summary>The operator that owns the queue, for example <c>BoundedBuffer</c>.</summary>
    public string Queue { get; }

    /// <summary>What may wait at most: elements, or their weight where the operator weighs them.</summary>
    public long Capacity { get; }

    /// <summary>What waited, in the unit of <see cref="Capacity"/>.</summary>
    public long Waiting { get; }

    /// <summary>What the element that found no room counts for.</summary>
    public long Weight { get; }
}
