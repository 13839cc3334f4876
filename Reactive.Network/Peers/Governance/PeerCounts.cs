namespace Reactive.Network.Peers.Governance;

/// <summary>How many peers of one class (big ledger peers, or the others) stand where.</summary>
internal struct PeerCounts
{
    public int Known;
    public int Connecting;
    public int Warm;
    public int Activating;
    public int Hot;
    public int Deactivating;
    public int Disconnecting;

    /// <summary>Connected and not on the way out.</summary>
    public readonly int Established => Warm + Activating + Hot + Deactivating;

    /// <summary>What holds a place among the established, now or soon: none may be added while this is at the target.</summary>
    public readonly int EstablishedPlaces => Connecting + Established + Disconnecting;

    /// <summary>What holds a place among the active, now or soon.</summary>
    public readonly int ActivePlaces => Activating + Hot + Deactivating;

    public void Add(PeerPhase phase)
    {
        Known++;
        Shift(phase, 1);
    }

    public void Move(PeerPhase from, PeerPhase to)
    {
        Shift(from, -1);
        Shift(to, 1);
    }

    private void Shift(PeerPhase phase, int by)
    {
        switch (phase)
        {
            case PeerPhase.Connecting: Connecting += by; break;
            case PeerPhase.Warm: Warm += by; break;
            case PeerPhase.Activating: Activating += by; break;
            case PeerPhase.Hot: Hot += by; break;
            case PeerPhase.Deactivating: Deactivating += by; break;
            case PeerPhase.Disconnecting: Disconnecting += by; break;
            case PeerPhase.Cold:
            default: break;
        }
    }
}

/// <summary>The three targets of one class.</summary>
internal readonly record struct ClassTargets(int Known, int Established, int Active);

/// <summary>The targets of both classes, after the mode and churn.</summary>
internal readonly record struct EffectiveTargets(ClassTargets Others, ClassTargets BigLedger, int Root)
{
    public ClassTargets Of(bool bigLedger) => bigLedger ? BigLedger : Others;
}
