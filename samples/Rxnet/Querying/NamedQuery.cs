using Reactive.Network.Chain;
using Reactive.Network.Protocols.LocalStateQuery;
using Rxnet.Commands;

namespace Rxnet.Querying;

/// <summary>A query by its name on the command line.</summary>
/// <param name="Name">The name.</param>
/// <param name="Arguments">What it takes, as the list shows it.</param>
/// <param name="Description">What it tells.</param>
/// <param name="Min">Arguments at least.</param>
/// <param name="Max">Arguments at most.</param>
/// <param name="IsOfEra">Whether it goes to the ledger of an era.</param>
/// <param name="Make">Makes it; wrong arguments are wrong usage.</param>
internal sealed record NamedQuery(
    string Name, string Arguments, string Description, int Min, int Max, bool IsOfEra, Func<Era, IReadOnlyList<string>, LedgerQuery<Answer>> Make)
{
    private const int Many = 1_000;

    /// <summary>Those with a type of their own; <see cref="TryFind"/> knows every other one by its name in the specification too.</summary>
    public static IReadOnlyList<NamedQuery> All { get; } =
    [
        Plain("system-start", "When slot 0 began.", static () => LedgerQuery.SystemStart.Select(Answers.Of)),
        Plain("block-number", "The number of the state's block.", static () => LedgerQuery.ChainBlockNumber.Select(Answers.Of)),
        Plain("chain-point", "The point of the state's block.", static () => LedgerQuery.ChainPoint.Select(Answers.Of)),
        Plain("current-era", "The era that the ledger is in.", static () => LedgerQuery.CurrentEra.Select(Answers.Of)),
        Plain("era-history", "All eras: slots, epochs and times.", static () => LedgerQuery.EraHistory.Select(Answers.Of)),
        new("era-start", "ERA", "Where an era began.", 1, 1, false, static (_, words) => LedgerQuery.EraStart(QueryArguments.Era(words[0])).Select(Answers.Of)),
        Plain("ledger-config", "The configuration of the ledger, as CBOR. From version 20.", static () => LedgerQuery.LedgerConfig.Select(Answers.Of)),
        new("raw", "HEX", "Any query as CBOR, its result as it comes.", 1, 1, false, static (_, words) => LedgerQuery.Raw(QueryArguments.Cbor(words[0])).Select(Answers.Of)),
        OfEra("ledger-tip", "The tip as the era's ledger has it.", static era => era.LedgerTip.Select(Answers.Of)),
        OfEra("epoch", "The epoch.", static era => era.Epoch.Select(Answers.Of)),
        OfEra("protocol-parameters", "The protocol parameters.", static era => era.ProtocolParameters.Select(Answers.Of)),
        OfEra("stake-pools", "All pools.", static era => era.StakePools.Select(Answers.Of)),
        OfEra("stake-distribution", "Stake by pool. From version 21.", static era => era.StakeDistribution.Select(Answers.Of)),
        OfEra("old-stake-distribution", "Stake by pool. Up to version 20.", static era => era.OldStakeDistribution.Select(Answers.Of)),
        OfEra("account-state", "Treasury and reserves.", static era => era.AccountState.Select(Answers.Of)),
        OfEra("max-major-protocol-version", "The newest major version that the node knows. From version 21.", static era => era.MaxMajorProtocolVersion.Select(Answers.Of)),
        OfEra("utxo", "All unspent outputs: gigabytes on mainnet.", static era => era.UnspentOutputs.Select(Answers.Of)),
        Several("utxo-of", "ADDRESS...", "Unspent outputs of addresses (bech32 or hexadecimal).", 1, static (era, words) =>
            era.UnspentOutputsOf([.. words.Select(QueryArguments.Address)]).Select(Answers.Of)),
        Several("utxo-at", "ID#INDEX...", "Unspent outputs by where they come from.", 1, static (era, words) =>
            era.UnspentOutputsAt([.. words.Select(QueryArguments.Input)]).Select(Answers.Of)),
        Several("delegations-and-rewards", "CREDENTIAL...", "Of stake addresses, key hashes, or script:HASH.", 1, static (era, words) =>
            era.DelegationsAndRewards([.. words.Select(QueryArguments.Credential)]).Select(Answers.Of)),
        Several("deposits", "CREDENTIAL...", "Deposits of credentials.", 1, static (era, words) =>
            era.Deposits([.. words.Select(QueryArguments.Credential)]).Select(Answers.Of)),
        Several("drep-states", "[CREDENTIAL...]", "The state of DReps; of all where none is named.", 0, static (era, words) =>
            era.DRepStates([.. words.Select(QueryArguments.Credential)]).Select(Answers.Of)),
        Several("stake-pool-parameters", "POOL...", "What pools are registered with (bech32 or hash).", 1, static (era, words) =>
            era.StakePoolParameters([.. words.Select(QueryArguments.Pool)]).Select(Answers.Of)),
        Several("pool-states", "[POOL...]", "The state of pools; of all where none is named.", 0, static (era, words) => era.PoolStates(PoolsIn(words)).Select(Answers.Of)),
        Several("stake-snapshots", "[POOL...]", "Stake at the last epoch boundaries.", 0, static (era, words) => era.StakeSnapshots(PoolsIn(words)).Select(Answers.Of)),
        Several("stake-of", "[POOL...]", "Stake by pool. From version 21.", 0, static (era, words) => era.StakeOf(PoolsIn(words)).Select(Answers.Of)),
        new("ledger-peers", "[big|all]", "Relays of the pools with most stake, or of all (from version 23). From version 19.", 0, 1, true, static (era, words) =>
            LedgerQuery.In(era).LedgerPeers(words is [] or ["big"] || (words is not ["all"] ? throw new UsageException($"'{words[0]}' is neither big nor all") : false)).Select(Answers.Of)),
    ];

    /// <summary>Finds a query by its name here, or by its name in the specification: <c>GetGovState</c>, its arguments as CBOR.</summary>
    public static bool TryFind(string name, out NamedQuery query)
    {
        query = All.FirstOrDefault(one => one.Name == name)!;
        if (query is not null || !char.IsAsciiLetterUpper(name[0]) || !Enum.TryParse(name, out EraQueryKind kind)
            || !Enum.IsDefined(kind) || kind.ToString() != name)
        {
            return query is not null;
        }

        EraQueryShape shape = EraQueryShape.All[kind];
        query = new NamedQuery(name, "[HEX...]", "", shape.MinArguments, shape.MaxArguments, true, (era, words) => (era <= Era.Byron) == (kind == EraQueryKind.GetUpdateInterfaceState)
            ? LedgerQuery.In(era).Query(kind, [.. words.Select(QueryArguments.Cbor)]).Select(Answers.Of)
            : throw new UsageException($"{era.Name()} has no query {name}"));
        return true;
    }

    private static NamedQuery Plain(string name, string description, Func<LedgerQuery<Answer>> make) => new(name, "", description, 0, 0, false, (_, _) => make());

    private static NamedQuery OfEra(string name, string description, Func<EraQueries, LedgerQuery<Answer>> make) =>
        new(name, "", description, 0, 0, true, (era, _) => make(LedgerQuery.In(NotByron(era, name))));

    private static NamedQuery Several(string name, string arguments, string description, int min, Func<EraQueries, IReadOnlyList<string>, LedgerQuery<Answer>> make) =>
        new(name, arguments, description, min, Many, true, (era, words) => make(LedgerQuery.In(NotByron(era, name)), words));

    private static Era NotByron(Era era, string name) => era > Era.Byron ? era : throw new UsageException($"byron has no query {name}");

    private static List<KeyHash>? PoolsIn(IReadOnlyList<string> words) => words.Count == 0 ? null : [.. words.Select(QueryArguments.Pool)];
}
