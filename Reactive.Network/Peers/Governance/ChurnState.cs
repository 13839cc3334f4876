namespace Reactive.Network.Peers.Governance;

/// <summary>A step of the churn cycle: first for big ledger peers, then for the others.</summary>
public enum ChurnStep
{
    /// <summary>Not begun.</summary>
    None,

    /// <summary>The start: no roots are asked for, so that local roots come first.</summary>
    HeadStart,

    /// <summary>Between two cycles.</summary>
    Waiting,

    /// <summary>The hot peers with the lowest scores go.</summary>
    LowerActive,

    /// <summary>Others become hot.</summary>
    RestoreActive,

    /// <summary>Warm peers go.</summary>
    LowerEstablished,

    /// <summary>Cold peers go.</summary>
    LowerKnown,

    /// <summary>Others become known.</summary>
    RestoreKnown,

    /// <summary>Others become warm.</summary>
    RestoreEstablished,
}

/// <summary>Where churn stands. Immutable.</summary>
public sealed record ChurnState
{
    /// <summary>Before the first decision.</summary>
    public static ChurnState Initial { get; } = new();

    /// <summary>The step.</summary>
    public ChurnStep Step { get; init; }

    /// <summary>Whether the step is about big ledger peers.</summary>
    public bool OfBigLedger { get; init; }

    /// <summary>The step ends then, whether it got where it wanted or not.</summary>
    public TimeSpan EndsAt { get; init; }

    /// <summary>When this cycle, or the wait before it, began.</summary>
    public TimeSpan CycleSince { get; init; }

    /// <summary>How much the target of the step is lowered; of established peers until they are restored.</summary>
    public int Lowered { get; init; }

    /// <summary>How much the known target is lowered.</summary>
    public int LoweredKnown { get; init; }

    /// <summary>How many peers there were when the step that lowers began.</summary>
    public int CountBefore { get; init; }

    /// <summary>How many peers the last step that lowers has dropped.</summary>
    public int Dropped { get; init; }
}
