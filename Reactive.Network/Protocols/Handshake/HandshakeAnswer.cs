namespace Reactive.Network.Protocols.Handshake;

/// <summary>What a server sends back, and what it agreed to thereby.</summary>
/// <param name="Message">The answer.</param>
/// <param name="Version">What was agreed, if <paramref name="Message"/> accepts; else the connection closes after it.</param>
public sealed record HandshakeAnswer(HandshakeMessage Message, NegotiatedVersion? Version);
