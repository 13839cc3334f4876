using Reactive.Network.Chain;

namespace Reactive.Network.Operators;

/// <summary>What is followed and what is served do not fit together: a block that does not stand on the tip, or a roll back to a block that is not held.</summary>
public sealed class ChainMismatchException : NetworkException
{
    internal ChainMismatchException(Point point, Tip tip, ArgumentException inner)
        : base(Fault.Local, $"the served chain, which ends at {tip}, cannot go to {point}: {inner.Message.ReplaceLineEndings(" ")}", inner)
    {
        Point = point;
        Tip = tip;
    }

    /// <summary>Where the followed chain went.</summary>
    public Point Point { get; }

    /// <summary>Where the served chain ends.</summary>
    public Tip Tip { get; }
}
