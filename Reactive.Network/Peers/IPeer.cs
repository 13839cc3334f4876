using Reactive.Network.Chain;
using Reactive.Network.Protocols.BlockFetch;

namespace Reactive.Network.Peers;

/// <summary>One remote node, as long as the network knows it: over all its connections. What operators see of a peer.</summary>
/// <remarks>Any thread.</remarks>
public interface IPeer
{
    /// <summary>Its number.</summary>
    PeerId Id { get; }

    /// <summary>Its name in events and evidence: <c>host:port</c>.</summary>
    string Name { get; }

    /// <summary>How much it is used now.</summary>
    PeerTemperature Temperature { get; }

    /// <summary>What was measured of it, now.</summary>
    PeerMeasurements Measurements { get; }

    /// <summary>Fetches consecutive blocks of one chain from this peer.</summary>
    /// <param name="blocks">The blocks, in chain order, none left out between the first and the last; at least one.</param>
    /// <remarks>
    /// As <see cref="BlockFetchClient.Fetch"/>, and paced like it. Fails at once with <see cref="Protocols.ConnectionClosedException"/> where the peer is
    /// not hot when it is subscribed to.
    /// </remarks>
    IObservable<Block> Fetch(IReadOnlyList<BlockRequest> blocks);

    /// <summary>Tells the network what the peer did: an event for all who watch, a fact for its reputation. Never throws; returns at once.</summary>
    void Report(Evidence evidence);
}
