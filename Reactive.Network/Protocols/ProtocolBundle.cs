namespace Reactive.Network.Protocols;

/// <summary>The two sets of mini-protocols. They share the handshake, and number their versions apart.</summary>
public enum ProtocolBundle
{
    /// <summary>Between nodes, over TCP: <see cref="Protocols.NodeToNode"/>.</summary>
    NodeToNode,

    /// <summary>Between a node and a local client: <see cref="Protocols.NodeToClient"/>.</summary>
    NodeToClient,
}
