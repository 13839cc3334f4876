namespace Reactive.Network.Protocols.Handshake;

/// <summary>What the running handshake needs to know of a bundle: what is offered, and how both sides come to a result.</summary>
internal interface IHandshakeOffer
{
    /// <summary>Whose versions these are.</summary>
    ProtocolBundle Bundle { get; }

    /// <summary>Whether only the peer's versions are asked for.</summary>
    bool Query { get; }

    /// <summary>The table to send.</summary>
    VersionTable ToTable();

    /// <inheritdoc cref="HandshakeNegotiation.Answer(NodeToNodeOffer, VersionTable)"/>
    HandshakeAnswer Answer(VersionTable proposed);

    /// <inheritdoc cref="HandshakeNegotiation.Conclude(NodeToNodeOffer, HandshakeMessage)"/>
    HandshakeConclusion Conclude(HandshakeMessage answer);
}
