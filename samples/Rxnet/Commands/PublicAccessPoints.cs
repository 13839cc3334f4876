using Reactive.Network.Chain;
using Reactive.Network.Peers;

namespace Rxnet.Commands;

/// <summary>Relays that the networks' operators keep open to everybody: the bootstrap peers of the topology files that come with a node.</summary>
internal static class PublicAccessPoints
{
    private const int Port = 3001;

    private static readonly PeerAddress[] Mainnet = [new("backbone.cardano.iog.io", Port), new("backbone.mainnet.cardanofoundation.org", Port)];
    private static readonly PeerAddress[] Preprod = [new("preprod-node.play.dev.cardano.org", Port)];
    private static readonly PeerAddress[] Preview = [new("preview-node.play.dev.cardano.org", Port)];

    /// <summary>Those of a network; empty where none are known.</summary>
    public static IReadOnlyList<PeerAddress> Of(NetworkMagic magic) =>
        magic == NetworkMagic.Mainnet ? Mainnet
        : magic == NetworkMagic.Preprod ? Preprod
        : magic == NetworkMagic.Preview ? Preview
        : [];
}
