using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.PeerSharing;

/// <summary>The states of peer-sharing.</summary>
public enum PeerSharingState
{
    /// <summary>The client may ask.</summary>
    Idle,

    /// <summary>The server owes an answer.</summary>
    Busy,

    /// <summary>Over.</summary>
    Done,
}

/// <summary>Peer-sharing as a table.</summary>
public sealed class PeerSharingProtocol : IMiniProtocol<PeerSharingState, PeerSharingMessageKind>
{
    private const int MaxMessageBytes = 5_760;

    private PeerSharingProtocol()
    {
    }

    /// <inheritdoc/>
    public static MiniProtocolId Id => NodeToNode.PeerSharing;

    /// <inheritdoc/>
    public static string Name => "peer-sharing";

    /// <inheritdoc/>
    public static IReadOnlyList<int> Versions => NodeToNode.KnownVersions;

    /// <inheritdoc/>
    public static long MaxIngressBytes => 5_760;

    /// <inheritdoc/>
    public static PeerSharingState Initial => PeerSharingState.Idle;

    /// <inheritdoc/>
    public static Agency AgencyIn(PeerSharingState state) => state switch
    {
        PeerSharingState.Idle => Agency.Initiator,
        PeerSharingState.Busy => Agency.Responder,
        _ => Agency.Nobody,
    };

    /// <inheritdoc/>
    public static PeerSharingState? Advance(PeerSharingState from, PeerSharingMessageKind message) => (from, message) switch
    {
        (PeerSharingState.Idle, PeerSharingMessageKind.ShareRequest) => PeerSharingState.Busy,
        (PeerSharingState.Idle, PeerSharingMessageKind.Done) => PeerSharingState.Done,
        (PeerSharingState.Busy, PeerSharingMessageKind.SharePeers) => PeerSharingState.Idle,
        _ => null,
    };

    /// <inheritdoc/>
    public static StateLimits LimitsIn(PeerSharingState state) => state switch
    {
        PeerSharingState.Idle => new(MaxMessageBytes, Timeout.InfiniteTimeSpan),
        PeerSharingState.Busy => new(MaxMessageBytes, TimeSpan.FromSeconds(60)),
        _ => new(0, Timeout.InfiniteTimeSpan),
    };
}
