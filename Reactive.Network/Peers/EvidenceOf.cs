using Reactive.Network.Bearers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;

namespace Reactive.Network.Peers;

/// <summary>What an error says about the peer it came from.</summary>
public static class EvidenceOf
{
    /// <summary>The kind of evidence that <paramref name="error"/> is.</summary>
    public static EvidenceKind Error(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return error switch
        {
            InvalidBlockException => EvidenceKind.WrongBody,
            BrokenLinkException or InvalidHeaderException or IntersectionNotFoundException => EvidenceKind.BrokenLink,
            BlocksUnavailableException => EvidenceKind.NoBlocks,
            ProtocolViolationException { Violation: ProtocolViolation.Timeout } => EvidenceKind.Timeout,
            MuxException { Failure: MuxFailure.SduReadTimeout or MuxFailure.SduWriteTimeout } => EvidenceKind.Timeout,
            BearerException { Kind: BearerFailure.ConnectTimeout } => EvidenceKind.Timeout,
            ProtocolViolationException or CodecException or MuxException => EvidenceKind.Limit,
            _ => EvidenceKind.Disconnected,
        };
    }
}
