using System.Diagnostics.CodeAnalysis;
using Reactive.Network.Pacing;

namespace Reactive.Network.Operators.Internal;

/// <summary>The queue of the operators that queue: elements with the credits they hold, and what to do when it is full. Its owner locks.</summary>
/// <param name="name">The operator that owns it.</param>
/// <param name="capacity">What may wait at most, in weight, of elements that were offered.</param>
/// <param name="overflow">What happens to one more.</param>
internal sealed class BoundedQueue<T>(string name, long capacity, Overflow overflow)
{
    private readonly Queue<Entry> _entries = new();

    /// <summary>What waits.</summary>
    public long Weight { get; private set; }

    public int Count => _entries.Count;

    /// <summary>Adds an element of a paced source. Its bound is the source's: no more come than there are credits out.</summary>
    public void Add(T value, Credit credit) => Append(value, credit);

    /// <summary>
    /// Adds an element of a source that cannot be slowed, or does as the policy says. An element heavier than the capacity is taken where nothing
    /// else waits; otherwise it could never pass.
    /// </summary>
    /// <param name="value">The element.</param>
    /// <param name="credit">Its weight, and where the weight goes back to once the element is consumed.</param>
    /// <param name="dropped">Collects what was dropped.</param>
    /// <returns>The error, where the policy is to fail.</returns>
    public QueueOverflowException? Offer(T value, Credit credit, List<T> dropped)
    {
        if (Fits(credit.Weight))
        {
            Append(value, credit);
            return null;
        }

        switch (overflow)
        {
            case Overflow.DropNewest:
                dropped.Add(value);
                return null;
            case Overflow.DropOldest or Overflow.Conflate:
                while (overflow == Overflow.Conflate ? Count > 0 : !Fits(credit.Weight))
                {
                    TryTake(out Entry oldest);
                    dropped.Add(oldest.Value);
                }

                Append(value, credit);
                return null;
            default:
                return new QueueOverflowException(name, capacity, Weight, credit.Weight);
        }
    }

    public bool TryPeek(out Entry entry) => _entries.TryPeek(out entry);

    public bool TryTake(out Entry entry)
    {
        if (!_entries.TryDequeue(out entry))
        {
            return false;
        }

        Weight -= entry.Credit.Weight;
        return true;
    }

    /// <summary>Forgets what waits.</summary>
    /// <returns>
    /// What was owed for it. Where the source is paced the owner gives it back, outside its lock: what a source that has completed lent is not taken back
    /// by leaving it.
    /// </returns>
    public Credit[] Clear()
    {
        Credit[] owed = [.. _entries.Select(static entry => entry.Credit)];
        _entries.Clear();
        Weight = 0;
        return owed;
    }

    private bool Fits(long weight) => _entries.Count == 0 || weight <= capacity - Weight;

    private void Append(T value, Credit credit)
    {
        _entries.Enqueue(new Entry(value, credit));
        Weight += credit.Weight;
    }

    /// <summary>An element and what is owed for it.</summary>
    [SuppressMessage("Performance", "CA1815", Justification = "never compared")]
    internal readonly struct Entry(T value, Credit credit)
    {
        public T Value { get; } = value;

        public Credit Credit { get; } = credit;
    }
}
