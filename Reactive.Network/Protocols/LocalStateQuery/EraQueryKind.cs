namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>The queries of one era, by their number on the wire.</summary>
public enum EraQueryKind
{
    /// <summary>Byron's only one, which is written without an array.</summary>
    GetUpdateInterfaceState = -1,

    /// <summary>The tip, as the era sees it.</summary>
    GetLedgerTip = 0,

    /// <summary>The epoch.</summary>
    GetEpochNo = 1,

    /// <summary>What stake would earn, by pool.</summary>
    GetNonMyopicMemberRewards = 2,

    /// <summary>The protocol parameters.</summary>
    GetCurrentPParams = 3,

    /// <summary>Proposed changes to them.</summary>
    GetProposedPParamsUpdates = 4,

    /// <summary>Stake by pool, in the form of old versions.</summary>
    GetStakeDistribution = 5,

    /// <summary>Unspent outputs of addresses.</summary>
    GetUTxOByAddress = 6,

    /// <summary>All unspent outputs: huge.</summary>
    GetUTxOWhole = 7,

    /// <summary>For debugging.</summary>
    DebugEpochState = 8,

    /// <summary>Another query, its result as bytes.</summary>
    GetCBOR = 9,

    /// <summary>Delegations and rewards of credentials.</summary>
    GetFilteredDelegationsAndRewardAccounts = 10,

    /// <summary>The genesis configuration.</summary>
    GetGenesisConfig = 11,

    /// <summary>For debugging.</summary>
    DebugNewEpochState = 12,

    /// <summary>For debugging.</summary>
    DebugChainDepState = 13,

    /// <summary>How rewards came about.</summary>
    GetRewardProvenance = 14,

    /// <summary>Unspent outputs by where they come from.</summary>
    GetUTxOByTxIn = 15,

    /// <summary>The pools.</summary>
    GetStakePools = 16,

    /// <summary>What pools are registered with.</summary>
    GetStakePoolParams = 17,

    /// <summary>Rewards by pool.</summary>
    GetRewardInfoPools = 18,

    /// <summary>The state of pools.</summary>
    GetPoolState = 19,

    /// <summary>Stake at the last epoch boundaries.</summary>
    GetStakeSnapshots = 20,

    /// <summary>Stake by pool, in the form of old versions.</summary>
    GetPoolDistr = 21,

    /// <summary>Deposits of credentials.</summary>
    GetStakeDelegDeposits = 22,

    /// <summary>The constitution.</summary>
    GetConstitution = 23,

    /// <summary>The state of governance.</summary>
    GetGovState = 24,

    /// <summary>The state of DReps.</summary>
    GetDRepState = 25,

    /// <summary>Stake by DRep.</summary>
    GetDRepStakeDistr = 26,

    /// <summary>The state of the committee.</summary>
    GetCommitteeMembersState = 27,

    /// <summary>To whom credentials delegate their vote.</summary>
    GetFilteredVoteDelegatees = 28,

    /// <summary>Treasury and reserves.</summary>
    GetAccountState = 29,

    /// <summary>Stake by pool, for votes.</summary>
    GetSPOStakeDistr = 30,

    /// <summary>Proposals.</summary>
    GetProposals = 31,

    /// <summary>What is ratified.</summary>
    GetRatifyState = 32,

    /// <summary>The parameters of the next epoch.</summary>
    GetFuturePParams = 33,

    /// <summary>Relays of the pools with most stake, or of all.</summary>
    GetLedgerPeerSnapshot = 34,

    /// <summary>How a pool votes that does not.</summary>
    QueryStakePoolDefaultVote = 35,

    /// <summary>Stake by pool.</summary>
    GetPoolDistr2 = 36,

    /// <summary>Stake by pool.</summary>
    GetStakeDistribution2 = 37,

    /// <summary>The newest major version that the node knows.</summary>
    GetMaxMajorProtocolVersion = 38,

    /// <summary>Who delegates to DReps.</summary>
    GetDRepDelegations = 39,
}

/// <summary>What there is to know of a query before it is asked.</summary>
/// <param name="MinArguments">Arguments at the least.</param>
/// <param name="MaxArguments">Arguments at most.</param>
/// <param name="Since">The node-to-client version that has it first.</param>
/// <param name="Until">The version that has it last, where a later one dropped it.</param>
public readonly record struct EraQueryShape(int MinArguments, int MaxArguments, int Since, int? Until)
{
    /// <summary>Every query that is known.</summary>
    public static IReadOnlyDictionary<EraQueryKind, EraQueryShape> All { get; } = new Dictionary<EraQueryKind, EraQueryShape>
    {
        [EraQueryKind.GetUpdateInterfaceState] = new(0, 0, 16, null),
        [EraQueryKind.GetLedgerTip] = new(0, 0, 16, null),
        [EraQueryKind.GetEpochNo] = new(0, 0, 16, null),
        [EraQueryKind.GetNonMyopicMemberRewards] = new(1, 1, 16, null),
        [EraQueryKind.GetCurrentPParams] = new(0, 0, 16, null),
        [EraQueryKind.GetProposedPParamsUpdates] = new(0, 0, 16, 19),
        [EraQueryKind.GetStakeDistribution] = new(0, 0, 16, 20),
        [EraQueryKind.GetUTxOByAddress] = new(1, 1, 16, null),
        [EraQueryKind.GetUTxOWhole] = new(0, 0, 16, null),
        [EraQueryKind.DebugEpochState] = new(0, 0, 16, null),
        [EraQueryKind.GetCBOR] = new(1, 1, 16, null),
        [EraQueryKind.GetFilteredDelegationsAndRewardAccounts] = new(1, 1, 16, null),
        [EraQueryKind.GetGenesisConfig] = new(0, 0, 16, null),
        [EraQueryKind.DebugNewEpochState] = new(0, 0, 16, null),
        [EraQueryKind.DebugChainDepState] = new(0, 0, 16, null),
        [EraQueryKind.GetRewardProvenance] = new(0, 0, 16, null),
        [EraQueryKind.GetUTxOByTxIn] = new(1, 1, 16, null),
        [EraQueryKind.GetStakePools] = new(0, 0, 16, null),
        [EraQueryKind.GetStakePoolParams] = new(1, 1, 16, null),
        [EraQueryKind.GetRewardInfoPools] = new(0, 0, 16, null),
        [EraQueryKind.GetPoolState] = new(1, 1, 16, null),
        [EraQueryKind.GetStakeSnapshots] = new(1, 1, 16, null),
        [EraQueryKind.GetPoolDistr] = new(1, 1, 16, 20),
        [EraQueryKind.GetStakeDelegDeposits] = new(1, 1, 16, null),
        [EraQueryKind.GetConstitution] = new(0, 0, 16, null),
        [EraQueryKind.GetGovState] = new(0, 0, 16, null),
        [EraQueryKind.GetDRepState] = new(1, 1, 16, null),
        [EraQueryKind.GetDRepStakeDistr] = new(1, 1, 16, null),
        [EraQueryKind.GetCommitteeMembersState] = new(3, 3, 16, null),
        [EraQueryKind.GetFilteredVoteDelegatees] = new(1, 1, 16, null),
        [EraQueryKind.GetAccountState] = new(0, 0, 16, null),
        [EraQueryKind.GetSPOStakeDistr] = new(1, 1, 16, null),
        [EraQueryKind.GetProposals] = new(1, 1, 17, null),
        [EraQueryKind.GetRatifyState] = new(0, 0, 17, null),
        [EraQueryKind.GetFuturePParams] = new(0, 0, 18, null),
        [EraQueryKind.GetLedgerPeerSnapshot] = new(0, 1, 19, null),
        [EraQueryKind.QueryStakePoolDefaultVote] = new(1, 1, 20, null),
        [EraQueryKind.GetPoolDistr2] = new(1, 1, 21, null),
        [EraQueryKind.GetStakeDistribution2] = new(0, 0, 21, null),
        [EraQueryKind.GetMaxMajorProtocolVersion] = new(0, 0, 21, null),
        [EraQueryKind.GetDRepDelegations] = new(1, 1, 23, null),
    }.AsReadOnly();
}
