namespace Reactive.Network.Peers.Governance;

/// <summary>What a governor remembers from one decision to the next. Immutable. A governor of your own may derive from it to remember more.</summary>
public record GovernorState
{
    /// <summary>Where its random picks come from.</summary>
    public GovernorRandom Random { get; init; }

    /// <summary>Where churn stands.</summary>
    public ChurnState Churn { get; init; } = ChurnState.Initial;

    /// <summary>No peer that connected to us is adopted before this.</summary>
    public TimeSpan InboundNotBefore { get; init; }

    /// <summary>The state to begin with.</summary>
    /// <param name="seed">What random picks start from: the same seed and facts give the same decisions.</param>
    public static GovernorState Initial(int seed) => new() { Random = GovernorRandom.FromSeed(seed) };
}
