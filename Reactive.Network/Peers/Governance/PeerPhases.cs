namespace Reactive.Network.Peers.Governance;

/// <summary>The temperature state machine: a table, used by the engine, the governor and the tests.</summary>
public static class PeerPhases
{
    /// <summary>The phase after <paramref name="step"/>, or <see langword="null"/> if the step is not legal there.</summary>
    public static PeerPhase? Advance(PeerPhase from, PeerStep step) => (from, step) switch
    {
        (PeerPhase.Cold, PeerStep.Connect) => PeerPhase.Connecting,
        (PeerPhase.Connecting, PeerStep.Connected) => PeerPhase.Warm,
        (PeerPhase.Connecting, PeerStep.ConnectFailed) => PeerPhase.Cold,
        (PeerPhase.Warm, PeerStep.Activate) => PeerPhase.Activating,
        (PeerPhase.Warm, PeerStep.Disconnect) => PeerPhase.Disconnecting,
        (PeerPhase.Activating, PeerStep.Activated) => PeerPhase.Hot,
        (PeerPhase.Activating, PeerStep.ActivateFailed) => PeerPhase.Warm,
        (PeerPhase.Hot, PeerStep.Deactivate) => PeerPhase.Deactivating,
        (PeerPhase.Hot, PeerStep.FellToWarm) => PeerPhase.Warm,
        (PeerPhase.Deactivating, PeerStep.Deactivated) => PeerPhase.Warm,
        (PeerPhase.Disconnecting, PeerStep.Disconnected) => PeerPhase.Cold,
        (PeerPhase.Warm or PeerPhase.Activating or PeerPhase.Hot or PeerPhase.Deactivating or PeerPhase.Disconnecting, PeerStep.Lost) => PeerPhase.Cold,
        (PeerPhase.Deactivating or PeerPhase.Disconnecting, PeerStep.Reset) => PeerPhase.Cold,
        _ => null,
    };

    /// <summary>The temperature that counts as reached: that of the lower end while a transition upwards runs, of the upper end while one downwards does.</summary>
    public static PeerTemperature TemperatureOf(PeerPhase phase) => phase switch
    {
        PeerPhase.Cold or PeerPhase.Connecting => PeerTemperature.Cold,
        PeerPhase.Hot or PeerPhase.Deactivating => PeerTemperature.Hot,
        _ => PeerTemperature.Warm,
    };
}
