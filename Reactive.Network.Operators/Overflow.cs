namespace Reactive.Network.Operators;

/// <summary>What a full queue does with one element more, where the source cannot be slowed.</summary>
public enum Overflow
{
    /// <summary>The stream fails with <see cref="QueueOverflowException"/>, after the elements that wait. Nothing is lost without notice.</summary>
    Fail,

    /// <summary>The elements that have waited longest make room.</summary>
    DropOldest,

    /// <summary>The new element is dropped.</summary>
    DropNewest,

    /// <summary>The new element replaces everything that waits: for elements that are states, of which only the last counts.</summary>
    Conflate,
}
