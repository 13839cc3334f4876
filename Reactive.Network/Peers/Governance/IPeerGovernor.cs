using System.Collections.Immutable;

namespace Reactive.Network.Peers.Governance;

/// <summary>Decides which peers to know, connect to and follow.</summary>
public interface IPeerGovernor
{
    /// <summary>What to do now. Pure: the same arguments give the same decision; no clock, no I/O, no randomness but what the state carries.</summary>
    /// <param name="state">What the last decision returned.</param>
    /// <param name="facts">How things stand.</param>
    /// <param name="now">The time, on the same clock as the times in <paramref name="facts"/>.</param>
    /// <remarks>What it throws goes to <see cref="NetworkOptions.ObserverFaulted"/>; it is asked again when the next fact changes.</remarks>
    GovernorDecision Decide(GovernorState state, GovernorFacts facts, TimeSpan now);
}

/// <summary>What a governor decided.</summary>
/// <param name="State">To be handed in the next time.</param>
/// <param name="Commands">What to do, in this order.</param>
/// <param name="WakeAt">
/// When it wants to be asked again although no fact changed, always later than the <c>now</c> it was given; <see langword="null"/> for not at all.
/// </param>
public readonly record struct GovernorDecision(GovernorState State, ImmutableArray<GovernorCommand> Commands, TimeSpan? WakeAt);
