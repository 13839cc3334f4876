namespace Reactive.Network.Protocols.Handshake;

/// <summary>One message of the handshake. The set is closed: these cases are all there are.</summary>
public abstract record HandshakeMessage
{
    private HandshakeMessage()
    {
    }

    /// <summary>Which message it is.</summary>
    public abstract HandshakeMessageKind Kind { get; }

    /// <summary>The client offers versions.</summary>
    /// <param name="Versions">What it offers.</param>
    public sealed record ProposeVersions(VersionTable Versions) : HandshakeMessage
    {
        /// <inheritdoc/>
        public override HandshakeMessageKind Kind => HandshakeMessageKind.ProposeVersions;
    }

    /// <summary>The server chose a version.</summary>
    /// <param name="Entry">The version and what the server makes of its data. Not every peer has combined it with what was proposed.</param>
    public sealed record AcceptVersion(VersionEntry Entry) : HandshakeMessage
    {
        /// <inheritdoc/>
        public override HandshakeMessageKind Kind => HandshakeMessageKind.AcceptVersion;
    }

    /// <summary>The server refused, and will close.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Refuse(RefusalReason Reason) : HandshakeMessage
    {
        /// <inheritdoc/>
        public override HandshakeMessageKind Kind => HandshakeMessageKind.Refuse;
    }

    /// <summary>The server was asked for its versions only, and will close.</summary>
    /// <param name="Versions">What it supports.</param>
    public sealed record QueryReply(VersionTable Versions) : HandshakeMessage
    {
        /// <inheritdoc/>
        public override HandshakeMessageKind Kind => HandshakeMessageKind.QueryReply;
    }
}
