using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.KeepAlive;

/// <summary>The states of keep-alive.</summary>
public enum KeepAliveState
{
    /// <summary>The client may ask for an echo.</summary>
    Client,

    /// <summary>The server owes an echo.</summary>
    Server,

    /// <summary>Over.</summary>
    Done,
}

/// <summary>Keep-alive as a table.</summary>
public sealed class KeepAliveProtocol : IMiniProtocol<KeepAliveState, KeepAliveMessageKind>
{
    private const int MaxMessageBytes = 65_535;

    private KeepAliveProtocol()
    {
    }

    /// <inheritdoc/>
    public static MiniProtocolId Id => NodeToNode.KeepAlive;

    /// <inheritdoc/>
    public static string Name => "keep-alive";

    /// <inheritdoc/>
    public static IReadOnlyList<int> Versions => NodeToNode.KnownVersions;

    /// <inheritdoc/>
    public static long MaxIngressBytes => 1_408;

    /// <inheritdoc/>
    public static KeepAliveState Initial => KeepAliveState.Client;

    /// <inheritdoc/>
    public static Agency AgencyIn(KeepAliveState state) => state switch
    {
        KeepAliveState.Client => Agency.Initiator,
        KeepAliveState.Server => Agency.Responder,
        _ => Agency.Nobody,
    };

    /// <inheritdoc/>
    public static KeepAliveState? Advance(KeepAliveState from, KeepAliveMessageKind message) => (from, message) switch
    {
        (KeepAliveState.Client, KeepAliveMessageKind.KeepAlive) => KeepAliveState.Server,
        (KeepAliveState.Client, KeepAliveMessageKind.Done) => KeepAliveState.Done,
        (KeepAliveState.Server, KeepAliveMessageKind.Response) => KeepAliveState.Client,
        _ => null,
    };

    /// <inheritdoc/>
    public static StateLimits LimitsIn(KeepAliveState state) => state switch
    {
        KeepAliveState.Client => new(MaxMessageBytes, TimeSpan.FromSeconds(97)),
        KeepAliveState.Server => new(MaxMessageBytes, TimeSpan.FromSeconds(60)),
        _ => new(0, Timeout.InfiniteTimeSpan),
    };
}
