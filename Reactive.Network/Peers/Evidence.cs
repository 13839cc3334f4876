using Reactive.Network.Chain;

namespace Reactive.Network.Peers;

/// <summary>What a peer did. Open: ignore kinds that you do not know.</summary>
public enum EvidenceKind
{
    /// <summary>It delivered what it was asked for, first.</summary>
    Delivered,

    /// <summary>It was asked too, and another peer was first: no fault. <see cref="Evidence.Bytes"/> of it were wasted.</summary>
    Superseded,

    /// <summary>A message did not come within the limit of its state, or a connection within that of connecting.</summary>
    Timeout,

    /// <summary>It said it has no such blocks. A fault only of a peer that announced them.</summary>
    NoBlocks,

    /// <summary>It delivered a block that is not the one asked for, or whose body is not what the header says.</summary>
    WrongBody,

    /// <summary>It announced a header that does not stand on the one before it, or that the validator refused.</summary>
    BrokenLink,

    /// <summary>It delivers too slowly or not at all, within the limits of the protocol: others were asked too.</summary>
    Stalled,

    /// <summary>It broke another limit or rule of a protocol.</summary>
    Limit,

    /// <summary>The connection ended while it was asked for something.</summary>
    Disconnected,

    /// <summary>Nobody can be asked for a block that was announced: of no peer.</summary>
    NoUsablePeer,
}

/// <summary>One thing a peer did, with what it takes to check it.</summary>
/// <param name="Kind">What.</param>
public sealed record Evidence(EvidenceKind Kind)
{
    /// <summary>The request it answers, counted per stream of blocks from 1; 0 where there was none.</summary>
    public long Request { get; init; }

    /// <summary>The header or block concerned, or the first of a range; origin where none is.</summary>
    public Point Point { get; init; }

    /// <summary>Blocks of the request.</summary>
    public int Blocks { get; init; }

    /// <summary>Bytes delivered, or wasted.</summary>
    public long Bytes { get; init; }

    /// <summary>From the request to its outcome; <see langword="null"/> where there was none.</summary>
    public TimeSpan? Took { get; init; }

    /// <summary>The error behind it, with its facts.</summary>
    public Exception? Cause { get; init; }

    /// <summary>Whether it tells against the peer.</summary>
    public bool IsFailure => Kind is not (EvidenceKind.Delivered or EvidenceKind.Superseded or EvidenceKind.NoUsablePeer)
        && Cause is not NetworkException { Fault: Fault.Local };
}
