using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>Local chain-sync as a table: the states and messages of <see cref="ChainSyncProtocol"/>, without its limits.</summary>
public sealed class LocalChainSyncProtocol : IMiniProtocol<ChainSyncState, ChainSyncMessageKind>
{
    private LocalChainSyncProtocol()
    {
    }

    /// <inheritdoc/>
    public static MiniProtocolId Id => NodeToClient.ChainSync;

    /// <inheritdoc/>
    public static string Name => "local-chain-sync";

    /// <inheritdoc/>
    public static IReadOnlyList<int> Versions => NodeToClient.KnownVersions;

    /// <inheritdoc/>
    public static long MaxIngressBytes => NodeToClient.MaxIngressBytes;

    /// <inheritdoc/>
    public static ChainSyncState Initial => ChainSyncProtocol.Initial;

    /// <inheritdoc/>
    public static Agency AgencyIn(ChainSyncState state) => ChainSyncProtocol.AgencyIn(state);

    /// <inheritdoc/>
    public static ChainSyncState? Advance(ChainSyncState from, ChainSyncMessageKind message) => ChainSyncProtocol.Advance(from, message);

    /// <inheritdoc/>
    public static StateLimits LimitsIn(ChainSyncState state) =>
        new(AgencyIn(state) == Agency.Nobody ? 0 : NodeToClient.MaxMessageBytes, Timeout.InfiniteTimeSpan);
}
