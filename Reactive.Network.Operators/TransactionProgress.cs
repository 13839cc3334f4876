using Reactive.Network.Chain;

namespace Reactive.Network.Operators;

/// <summary>Where a transaction is. Not one behind the other: roll backs go back.</summary>
public enum TransactionStage
{
    /// <summary>The node took it; it was not seen anywhere yet.</summary>
    Submitted,

    /// <summary>It is in the node's mempool.</summary>
    InMempool,

    /// <summary>It is in a block of the node's chain.</summary>
    InBlock,

    /// <summary>It is in a block that is as deep as was asked for. The last stage.</summary>
    Confirmed,

    /// <summary>It is neither in the mempool nor in a block any more. It may come back: with a block of another fork, or submitted again.</summary>
    Gone,
}

/// <summary>How far a transaction has come.</summary>
/// <param name="Id">Which.</param>
/// <param name="Stage">Where it is.</param>
/// <param name="Block">The block that it is in; origin where it is in none.</param>
/// <param name="Depth">How many blocks stand on that one.</param>
/// <param name="IsValid">Whether its scripts succeeded: see <see cref="BlockTransaction.IsValid"/>. Where it is in no block, <see langword="true"/>.</param>
public readonly record struct TransactionProgress(TransactionId Id, TransactionStage Stage, Point Block, int Depth, bool IsValid);

/// <summary>A followed chain has come to a block whose transactions cannot be read, so that nothing can be said any more of the one that is looked for.</summary>
public sealed class OpaqueBlockException : NetworkException
{
    internal OpaqueBlockException(Point point, Era era)
        : base(Fault.Local, $"the transactions of block {point} cannot be read: {era.Name()} is not known here")
    {
        Point = point;
        Era = era;
    }

    /// <summary>The block.</summary>
    public Point Point { get; }

    /// <summary>Its era.</summary>
    public Era Era { get; }
}
