namespace Reactive.Network.Peers.Governance;

/// <summary>
/// The governor of the reference, with two additions: peers against which there is evidence are taken later and let go earlier, and no more than
/// <see cref="MaxConnecting"/> connections are being opened at a time.
/// </summary>
/// <remarks>
/// Costs one pass over the peers, and for each rule that has something to do another one, with a sort of its candidates: O(n log n) at worst. With
/// 500 peers of which nothing is to be done: some microseconds (figures in this folder's README). Ask it once for all facts that changed in one turn.
/// </remarks>
public sealed class ReferenceGovernor : IPeerGovernor
{
    /// <summary>A governor with the defaults.</summary>
    public static ReferenceGovernor Default { get; } = new();

    /// <summary>Connections being opened at a time, handshake included. The reference has no limit but its targets.</summary>
    /// <value>1 or more; 64 by default.</value>
    public int MaxConnecting { get; init; } = 64;

    /// <inheritdoc/>
    public GovernorDecision Decide(GovernorState state, GovernorFacts facts, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConnecting, 1);
        return new GovernorRound(state, facts, now, MaxConnecting).Run();
    }
}
