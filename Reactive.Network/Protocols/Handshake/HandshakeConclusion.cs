namespace Reactive.Network.Protocols.Handshake;

/// <summary>What a client has, once it was not refused: a version, or the table it had asked for.</summary>
/// <param name="Version">What was agreed.</param>
/// <param name="QueryReply">What the server supports, where that was the question.</param>
public readonly record struct HandshakeConclusion(NegotiatedVersion? Version, VersionTable? QueryReply);
