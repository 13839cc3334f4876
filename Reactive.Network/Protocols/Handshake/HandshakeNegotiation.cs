using Reactive.Network.Cbor;

namespace Reactive.Network.Protocols.Handshake;

/// <summary>How both sides of a handshake come to the same result. Pure.</summary>
public static class HandshakeNegotiation
{
    /// <summary>The server's side: what to answer to a proposal.</summary>
    /// <param name="own">What this side offers.</param>
    /// <param name="proposed">What the client offers.</param>
    public static HandshakeAnswer Answer(NodeToNodeOffer own, VersionTable proposed)
    {
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(proposed);
        return Choose(own, proposed, out NegotiatedVersion agreed) switch
        {
            { } reason => new(new HandshakeMessage.Refuse(reason), null),
            null when agreed.Query => new(new HandshakeMessage.QueryReply(own.ToTable()), null),
            null => new(new HandshakeMessage.AcceptVersion(Encode(agreed)), agreed),
        };
    }

    /// <summary>The client's side: what to make of the answer to the proposal <paramref name="own"/>.</summary>
    /// <remarks>
    /// The data of an acceptance is combined with what was proposed, never taken as combined already. A proposal for an answer is the
    /// other client's on a simultaneous open: both come to the same result, and nothing more is sent.
    /// </remarks>
    /// <exception cref="HandshakeRefusedException">The peer refused, or its data does not fit ours.</exception>
    /// <exception cref="CodecException">A version that is not known, or data that its version does not have.</exception>
    /// <exception cref="ProtocolViolationException">A version that was not offered, or a query reply that was not asked for.</exception>
    public static HandshakeConclusion Conclude(NodeToNodeOffer own, HandshakeMessage answer)
    {
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(answer);
        return answer switch
        {
            HandshakeMessage.AcceptVersion accept => new(Accepted(own, accept.Entry), null),
            HandshakeMessage.ProposeVersions other => new(Opened(own, other.Versions), null),
            HandshakeMessage.QueryReply reply when own.Query => new(null, reply.Versions),
            HandshakeMessage.Refuse refuse => throw Refused(refuse.Reason, NodeToNode.IsKnown),
            _ => throw Violation("the peer answered with its versions, which nobody had asked for"),
        };
    }

    /// <summary>The server's side, between a node and a local client: what to answer to a proposal.</summary>
    /// <param name="own">What this side offers.</param>
    /// <param name="proposed">What the client offers.</param>
    public static HandshakeAnswer Answer(NodeToClientOffer own, VersionTable proposed)
    {
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(proposed);
        return Choose(own, proposed, out NegotiatedVersion agreed) switch
        {
            { } reason => new(new HandshakeMessage.Refuse(reason), null),
            null when agreed.Query => new(new HandshakeMessage.QueryReply(own.ToTable()), null),
            null => new(
                new HandshakeMessage.AcceptVersion(new VersionEntry(agreed.Version, new NodeToClientVersionData(agreed.Magic, agreed.Query).Encode())),
                agreed),
        };
    }

    /// <summary>The client's side, between a node and a local client: what to make of the answer to the proposal <paramref name="own"/>.</summary>
    /// <inheritdoc cref="Conclude(NodeToNodeOffer, HandshakeMessage)"/>
    public static HandshakeConclusion Conclude(NodeToClientOffer own, HandshakeMessage answer)
    {
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(answer);
        return answer switch
        {
            HandshakeMessage.AcceptVersion accept => new(Accepted(own, accept.Entry), null),
            HandshakeMessage.QueryReply reply when own.Query => new(null, reply.Versions),
            HandshakeMessage.Refuse refuse => throw Refused(refuse.Reason, NodeToClient.IsKnown),

            // Two clients cannot meet on a Unix socket: one of the two ends listened.
            HandshakeMessage.ProposeVersions => throw Violation("the peer answered a proposal with another"),
            _ => throw Violation("the peer answered with its versions, which nobody had asked for"),
        };
    }

    private static NegotiatedVersion Accepted(NodeToClientOffer own, VersionEntry entry)
    {
        NodeToClientVersionData data = NodeToClientVersionData.Decode(entry.Version, entry.Data.Span);
        if (!own.Versions.Contains(entry.Version))
        {
            throw Violation($"the peer accepted version {entry.Version}, which was not offered");
        }

        return Combine(own, entry.Version, data, out NegotiatedVersion agreed) is { } reason
            ? throw new HandshakeRefusedException(reason, isLocal: true)
            : agreed;
    }

    private static RefusalReason? Choose(NodeToClientOffer own, VersionTable proposed, out NegotiatedVersion agreed)
    {
        agreed = default;
        IReadOnlyList<int> versions = own.Versions;
        for (int i = versions.Count - 1; i >= 0; i--)
        {
            if (!proposed.TryGet(versions[i], out VersionEntry entry))
            {
                continue;
            }

            try
            {
                return Combine(own, entry.Version, NodeToClientVersionData.Decode(entry.Version, entry.Data.Span), out agreed);
            }
            catch (CodecException error)
            {
                return new RefusalReason.HandshakeDecodeError(entry.Version, error.Message);
            }
        }

        return new RefusalReason.VersionMismatch(versions);
    }

    private static RefusalReason.Refused? Combine(NodeToClientOffer own, int version, NodeToClientVersionData theirs, out NegotiatedVersion agreed)
    {
        agreed = new NegotiatedVersion(
            version, own.Magic, IsDuplex: false, PeerSharing: false, Query: own.Query || theirs.Query, PerasSupport: false);
        return own.Magic == theirs.Magic
            ? null
            : new RefusalReason.Refused(version, $"version data mismatch: network magic {own.Magic} /= {theirs.Magic}");
    }

    private static NegotiatedVersion Accepted(NodeToNodeOffer own, VersionEntry entry)
    {
        NodeToNodeVersionData data = NodeToNodeVersionData.Decode(entry.Version, entry.Data.Span);
        if (!own.Versions.Contains(entry.Version))
        {
            throw Violation($"the peer accepted version {entry.Version}, which was not offered");
        }

        return Combine(own, entry.Version, data, out NegotiatedVersion agreed) is { } reason
            ? throw new HandshakeRefusedException(reason, isLocal: true)
            : agreed;
    }

    private static NegotiatedVersion Opened(NodeToNodeOffer own, VersionTable proposed) =>
        Choose(own, proposed, out NegotiatedVersion agreed) is { } reason
            ? throw new HandshakeRefusedException(reason, isLocal: true)
            : agreed;

    private static RefusalReason? Choose(NodeToNodeOffer own, VersionTable proposed, out NegotiatedVersion agreed)
    {
        agreed = default;
        IReadOnlyList<int> versions = own.Versions;
        for (int i = versions.Count - 1; i >= 0; i--)
        {
            if (!proposed.TryGet(versions[i], out VersionEntry entry))
            {
                continue;
            }

            NodeToNodeVersionData data;
            try
            {
                data = NodeToNodeVersionData.Decode(entry.Version, entry.Data.Span);
            }
            catch (CodecException error)
            {
                return new RefusalReason.HandshakeDecodeError(entry.Version, error.Message);
            }

            return Combine(own, entry.Version, data, out agreed);
        }

        return new RefusalReason.VersionMismatch(versions);
    }

    private static RefusalReason.Refused? Combine(NodeToNodeOffer own, int version, NodeToNodeVersionData theirs, out NegotiatedVersion agreed)
    {
        NodeToNodeVersionData ours = own.DataFor(version);
        agreed = new NegotiatedVersion(
            version,
            ours.Magic,
            IsDuplex: !(ours.InitiatorOnly || theirs.InitiatorOnly),
            PeerSharing: ours.PeerSharing && theirs.PeerSharing,
            Query: ours.Query || theirs.Query,
            PerasSupport: ours.PerasSupport is true && theirs.PerasSupport is true);
        return ours.Magic == theirs.Magic
            ? null
            : new RefusalReason.Refused(version, $"version data mismatch: network magic {ours.Magic} /= {theirs.Magic}");
    }

    private static VersionEntry Encode(NegotiatedVersion agreed)
    {
        var data = new NodeToNodeVersionData(agreed.Magic, !agreed.IsDuplex, agreed.PeerSharing, agreed.Query, agreed.PerasSupport);
        return new VersionEntry(agreed.Version, data.Encode(agreed.Version));
    }

    private static NetworkException Refused(RefusalReason reason, Func<int, bool> isKnown)
    {
        int? version = reason switch
        {
            RefusalReason.HandshakeDecodeError error => error.Version,
            RefusalReason.Refused refused => refused.Version,
            _ => null,
        };
        return version is { } number && !isKnown(number)
            ? new CodecException($"a refusal of version {number}, which is not known")
            : new HandshakeRefusedException(reason);
    }

    private static ProtocolViolationException Violation(string message) =>
        new(ProtocolViolation.WrongContent, HandshakeProtocol.Name, nameof(HandshakeState.Confirm), message);
}
