using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.Handshake;

/// <summary>The messages of the handshake. The set is closed.</summary>
public enum HandshakeMessageKind
{
    /// <summary>The client offers versions. Received while waiting for an answer: the peer is a client too (simultaneous open).</summary>
    ProposeVersions,

    /// <summary>The server chose a version.</summary>
    AcceptVersion,

    /// <summary>The server refused.</summary>
    Refuse,

    /// <summary>The server was asked for its versions only.</summary>
    QueryReply,
}

/// <summary>The states of the handshake.</summary>
public enum HandshakeState
{
    /// <summary>The client owes its versions.</summary>
    Propose,

    /// <summary>The server owes an answer.</summary>
    Confirm,

    /// <summary>Over.</summary>
    Done,
}

/// <summary>The handshake as a table. These are the limits of node-to-node; node-to-client has no time limits.</summary>
public sealed class HandshakeProtocol : IMiniProtocol<HandshakeState, HandshakeMessageKind>
{
    private const int MaxMessageBytes = 5_760;

    private HandshakeProtocol()
    {
    }

    /// <inheritdoc/>
    public static MiniProtocolId Id => NodeToNode.Handshake;

    /// <inheritdoc/>
    public static string Name => "handshake";

    /// <inheritdoc/>
    public static IReadOnlyList<int> Versions { get; } = [.. NodeToNode.KnownVersions, .. NodeToClient.KnownVersions];

    /// <inheritdoc/>
    public static long MaxIngressBytes => MaxMessageBytes;

    /// <inheritdoc/>
    public static HandshakeState Initial => HandshakeState.Propose;

    /// <inheritdoc/>
    public static Agency AgencyIn(HandshakeState state) => state switch
    {
        HandshakeState.Propose => Agency.Initiator,
        HandshakeState.Confirm => Agency.Responder,
        _ => Agency.Nobody,
    };

    /// <inheritdoc/>
    /// <remarks>
    /// A proposal that arrives in <see cref="HandshakeState.Confirm"/> is what the specification calls MsgReplyVersions: on a simultaneous
    /// open both ends have proposed, each takes the other's proposal for the answer, and the bytes are the same.
    /// </remarks>
    public static HandshakeState? Advance(HandshakeState from, HandshakeMessageKind message) => (from, message) switch
    {
        (HandshakeState.Propose, HandshakeMessageKind.ProposeVersions) => HandshakeState.Confirm,
        (HandshakeState.Confirm, HandshakeMessageKind.AcceptVersion) => HandshakeState.Done,
        (HandshakeState.Confirm, HandshakeMessageKind.Refuse) => HandshakeState.Done,
        (HandshakeState.Confirm, HandshakeMessageKind.QueryReply) => HandshakeState.Done,
        (HandshakeState.Confirm, HandshakeMessageKind.ProposeVersions) => HandshakeState.Done,
        _ => null,
    };

    /// <inheritdoc/>
    public static StateLimits LimitsIn(HandshakeState state) => state switch
    {
        HandshakeState.Propose or HandshakeState.Confirm => new(MaxMessageBytes, TimeSpan.FromSeconds(10)),
        _ => new(0, Timeout.InfiniteTimeSpan),
    };
}
