using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols.ChainSync;

namespace Reactive.Network.Peers;

/// <summary>The answering side of a local connection: a lane for each part of its service.</summary>
internal sealed class LocalResponders
{
    public LocalResponders(Multiplexer mux, Random random, LocalService service)
    {
        var lanes = new List<Lane>();
        if (service.Chain is { } chain)
        {
            lanes.Add(new LocalChainSyncServer(mux, new Random(random.Next())) { Source = chain });
        }

        Lanes = lanes;
    }

    /// <summary>Those that run.</summary>
    public IReadOnlyList<Lane> Lanes { get; }
}
