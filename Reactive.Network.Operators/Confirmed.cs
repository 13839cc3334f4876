using System.Diagnostics.CodeAnalysis;
using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Pacing;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Withholds what a chain brings until it is so deep that no roll back is expected to reach it.</summary>
    /// <typeparam name="T">What a roll forward brings: a header or a block.</typeparam>
    /// <param name="source">Events of a chain.</param>
    /// <param name="depth">How many blocks must stand on one before it is delivered, 1 or more.</param>
    /// <remarks>
    /// <code>
    /// source         --a--b--c--B(b)--d--e--f--B(c)--#
    /// Confirmed(2)   --------a-----------b--d-----------
    ///                (c was rolled back before it was 2 deep; B(c) at the end would take back d and fails)
    /// </code>
    /// <para>
    /// Per-subscription. The observer is called where the source calls, once at most for each of its events. Payloads are handed on as they are; what is rolled
    /// back, or still withheld at the end, is left to the garbage collector. Completes as the source does: what is withheld then is not delivered, it was not
    /// confirmed. Fails as the source does, and with <see cref="ConfirmedRollbackException"/> where the chain rolls back further than what is withheld.
    /// Disposing leaves the source.
    /// </para>
    /// <para>
    /// As paced as its source. What is withheld counts against <paramref name="depth"/>, not against the source's window: its credit goes back when it
    /// is put aside, so that a window smaller than <paramref name="depth"/> does not stand still. An element that is delivered carries the credit of the
    /// event that confirmed it: demand still follows the observer.
    /// </para>
    /// </remarks>
    public static IObservable<T> Confirmed<T>(this IObservable<ChainEvent<T>> source, int depth)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        return Paced.Like<ChainEvent<T>, T>(source, observer => new ConfirmingSink<T>(depth, observer).Run(source));
    }
}

/// <summary>Queue: what is withheld; bound the depth, owner its subscription, policy: the deepest is delivered.</summary>
internal sealed class ConfirmingSink<T>(int depth, IPacedObserver<T> observer) : SynchronousSink<ChainEvent<T>, T>(observer)
{
    private readonly LinkedList<(Point Point, T Value)> _withheld = new();
    private Point? _delivered;

    protected override bool TryTransform(ChainEvent<T> value, [MaybeNullWhen(false)] out T result)
    {
        result = default;
        switch (value.Kind)
        {
            case ChainEventKind.RollForward:
                _withheld.AddLast((value.Point, value.Value));
                if (_withheld.Count <= depth)
                {
                    return false;
                }

                (_delivered, result) = _withheld.First!.Value;
                _withheld.RemoveFirst();
                return true;
            case ChainEventKind.RollBackward:
                RollBack(value.Point);
                return false;
            default:
                return false;
        }
    }

    private void RollBack(Point point)
    {
        while (_withheld.Last is { } last && last.Value.Point != point)
        {
            _withheld.RemoveLast();
        }

        if (_withheld.Count == 0 && _delivered is { } delivered && delivered != point)
        {
            throw new ConfirmedRollbackException(point, delivered, depth);
        }
    }
}
