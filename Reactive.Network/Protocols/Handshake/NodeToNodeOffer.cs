namespace Reactive.Network.Protocols.Handshake;

/// <summary>What this side offers on one connection, in every version of it.</summary>
/// <param name="Magic">The network.</param>
public sealed record NodeToNodeOffer(uint Magic) : IHandshakeOffer
{
    /// <summary>Whether this side runs no responders on this connection. Default: no, it may run both roles.</summary>
    public bool InitiatorOnly { get; init; }

    /// <summary>Whether mini-protocol 10 may be used. Default: no.</summary>
    public bool PeerSharing { get; init; }

    /// <summary>Whether only the peer's versions are asked for. Default: no.</summary>
    public bool Query { get; init; }

    /// <summary>Whether the experimental version 16 is offered too. Default: no.</summary>
    public bool Experimental { get; init; }

    /// <summary>Whether the Peras protocols may be used, in version 16. Default: no.</summary>
    public bool PerasSupport { get; init; }

    /// <summary>The versions offered, ascending.</summary>
    public IReadOnlyList<int> Versions => Experimental ? NodeToNode.KnownVersions : NodeToNode.ReleasedVersions;

    ProtocolBundle IHandshakeOffer.Bundle => ProtocolBundle.NodeToNode;

    /// <summary>What this side says in <paramref name="version"/>.</summary>
    public NodeToNodeVersionData DataFor(int version) =>
        new(Magic, InitiatorOnly, PeerSharing, Query, version >= NodeToNode.Version16 ? PerasSupport : null);

    /// <summary>The table to send.</summary>
    public VersionTable ToTable() => new(Versions.Select(version => new VersionEntry(version, DataFor(version).Encode(version))));

    HandshakeAnswer IHandshakeOffer.Answer(VersionTable proposed) => HandshakeNegotiation.Answer(this, proposed);

    HandshakeConclusion IHandshakeOffer.Conclude(HandshakeMessage answer) => HandshakeNegotiation.Conclude(this, answer);
}
