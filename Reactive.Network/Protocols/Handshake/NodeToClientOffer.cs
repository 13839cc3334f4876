namespace Reactive.Network.Protocols.Handshake;

/// <summary>What this side offers on one connection between a node and a local client, in every version of it.</summary>
/// <param name="Magic">The network.</param>
public sealed record NodeToClientOffer(uint Magic) : IHandshakeOffer
{
    /// <summary>Whether only the peer's versions are asked for. Default: no.</summary>
    public bool Query { get; init; }

    /// <summary>Wire number of the newest version offered. Default: the newest that is known.</summary>
    public int NewestVersion { get; init; } = NodeToClient.NewestVersion;

    /// <summary>The versions offered, as wire numbers, ascending.</summary>
    public IReadOnlyList<int> Versions => [.. NodeToClient.KnownVersions.Where(version => version <= NewestVersion)];

    ProtocolBundle IHandshakeOffer.Bundle => ProtocolBundle.NodeToClient;

    /// <summary>The table to send.</summary>
    public VersionTable ToTable()
    {
        byte[] data = new NodeToClientVersionData(Magic, Query).Encode();
        return new(Versions.Select(version => new VersionEntry(version, data)));
    }

    HandshakeAnswer IHandshakeOffer.Answer(VersionTable proposed) => HandshakeNegotiation.Answer(this, proposed);

    HandshakeConclusion IHandshakeOffer.Conclude(HandshakeMessage answer) => HandshakeNegotiation.Conclude(this, answer);
}
