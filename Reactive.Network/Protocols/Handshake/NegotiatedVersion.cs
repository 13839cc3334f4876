namespace Reactive.Network.Protocols.Handshake;

/// <summary>What both ends agreed on.</summary>
/// <param name="Version">The version: of <see cref="NodeToNode"/>, or a wire number of <see cref="NodeToClient"/>.</param>
/// <param name="Magic">The network.</param>
/// <param name="IsDuplex">Whether both sides may run initiators; else only the one that connected.</param>
/// <param name="PeerSharing">Whether mini-protocol 10 exists on this connection.</param>
/// <param name="Query">Whether only the versions were asked for: no connection follows.</param>
/// <param name="PerasSupport">Whether the mini-protocols of Peras exist on this connection.</param>
public readonly record struct NegotiatedVersion(int Version, uint Magic, bool IsDuplex, bool PeerSharing, bool Query, bool PerasSupport);
