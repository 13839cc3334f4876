using System.Text;
using Reactive.Network.Cbor;

namespace Reactive.Network.Protocols.LocalTxSubmission;

/// <summary>The names of what a Conway ledger finds wrong with a transaction: rules inside rules, each <c>[number, …]</c>.</summary>
/// <remarks>Numbers that are not known stay numbers: a later ledger may have more.</remarks>
internal static class ConwayFailures
{
    private static readonly Dictionary<ulong, Node> Utxos = Named("ValidationTagMismatch", "CollectErrors");

    private static readonly Dictionary<ulong, Node> Utxo = With(
        Named(
            "", "BadInputsUTxO", "OutsideValidityIntervalUTxO", "MaxTxSizeUTxO", "InputSetEmptyUTxO", "FeeTooSmallUTxO", "ValueNotConservedUTxO",
            "WrongNetwork", "WrongNetworkWithdrawal", "OutputTooSmallUTxO", "OutputBootAddrAttrsTooBig", "OutputTooBigUTxO", "InsufficientCollateral",
            "ScriptsNotPaidUTxO", "ExUnitsTooBigUTxO", "CollateralContainsNonADA", "WrongNetworkInTxBody", "OutsideForecast", "TooManyCollateralInputs",
            "NoCollateralInputs", "IncorrectTotalCollateralField", "BabbageOutputTooSmallUTxO", "BabbageNonDisjointRefInputs"),
        (0, "UtxosFailure", Utxos));

    private static readonly Dictionary<ulong, Node> Utxow = With(
        Named(
            "", "InvalidWitnessesUTXOW", "MissingVKeyWitnessesUTXOW", "MissingScriptWitnessesUTXOW", "ScriptWitnessNotValidatingUTXOW",
            "MissingTxBodyMetadataHash", "MissingTxMetadata", "ConflictingMetadataHash", "InvalidMetadata", "ExtraneousScriptWitnessesUTXOW",
            "MissingRedeemers", "MissingRequiredDatums", "NotAllowedSupplementalDatums", "PPViewHashesDontMatch", "UnspendableUTxONoDatumHash",
            "ExtraRedeemers", "MalformedScriptWitnesses", "MalformedReferenceScripts"),
        (0, "UtxoFailure", Utxo));

    private static readonly Dictionary<ulong, Node> Delegation = Named(
        "", "IncorrectDepositDELEG", "StakeKeyRegisteredDELEG", "StakeKeyNotRegisteredDELEG", "StakeKeyHasNonZeroRewardAccountBalanceDELEG",
        "DelegateeDRepNotRegisteredDELEG", "DelegateeStakePoolNotRegisteredDELEG");

    private static readonly Dictionary<ulong, Node> Pool = Named(
        "StakePoolNotRegisteredOnKeyPOOL", "StakePoolRetirementWrongEpochPOOL", "", "StakePoolCostTooLowPOOL", "WrongNetworkPOOL",
        "PoolMedataHashTooBig");

    private static readonly Dictionary<ulong, Node> GovernanceCertificate = Named(
        "ConwayDRepAlreadyRegistered", "ConwayDRepNotRegistered", "ConwayDRepIncorrectDeposit", "ConwayCommitteeHasPreviouslyResigned",
        "ConwayDRepIncorrectRefund", "ConwayCommitteeIsUnknown");

    private static readonly Dictionary<ulong, Node> Certificate = With(
        [], (1, "DelegFailure", Delegation), (2, "PoolFailure", Pool), (3, "GovCertFailure", GovernanceCertificate));

    private static readonly Dictionary<ulong, Node> Certificates = With(Named("WithdrawalsNotInRewardsCERTS"), (1, "CertFailure", Certificate));

    private static readonly Dictionary<ulong, Node> Governance = Named(
        "GovActionsDoNotExist", "MalformedProposal", "ProposalProcedureNetworkIdMismatch", "TreasuryWithdrawalsNetworkIdMismatch",
        "ProposalDepositIncorrect", "DisallowedVoters", "ConflictingCommitteeUpdate", "ExpirationEpochTooSmall", "InvalidPrevGovActionId",
        "VotingOnExpiredGovAction", "ProposalCantFollow", "InvalidPolicyHash", "DisallowedProposalDuringBootstrap", "DisallowedVotesDuringBootstrap",
        "VotersDoNotExist", "ZeroTreasuryWithdrawals", "ProposalReturnAccountDoesNotExist", "TreasuryWithdrawalReturnAccountsDoNotExist");

    private static readonly Dictionary<ulong, Node> Ledger = With(
        Named("", "", "", "", "ConwayWdrlNotDelegatedToDRep", "ConwayTreasuryValueMismatch", "ConwayTxRefScriptsSizeTooBig", "ConwayMempoolFailure"),
        (1, "ConwayUtxowFailure", Utxow), (2, "ConwayCertsFailure", Certificates), (3, "ConwayGovFailure", Governance));

    /// <summary>The names from the outer rule to the inner, then what the failure is about, in diagnostic notation.</summary>
    public static string Describe(ReadOnlyMemory<byte> failure)
    {
        var text = new StringBuilder();
        Dictionary<ulong, Node>? names = Ledger;
        ReadOnlyMemory<byte> rest = failure;
        while (names is not null && TryReadRule(rest, names, out Node rule, out int fields, out int start))
        {
            text.Append(text.Length > 0 ? " " : "").Append(rule.Name);
            names = rule.Inner;
            if (names is null || fields != 1)
            {
                return Append(text, rest[start..], fields).ToString();
            }

            rest = rest[start..];
        }

        return text.Append(text.Length > 0 ? " " : "").Append(CborDiagnostic.Format(rest)).ToString();
    }

    private static StringBuilder Append(StringBuilder text, ReadOnlyMemory<byte> fields, int count)
    {
        var reader = new CborSpanReader(fields.Span);
        for (int i = 0; i < count; i++)
        {
            int start = reader.Position;
            reader.SkipItem();
            text.Append(' ').Append(CborDiagnostic.Format(fields[start..reader.Position]));
        }

        return text;
    }

    private static bool TryReadRule(ReadOnlyMemory<byte> item, Dictionary<ulong, Node> names, out Node rule, out int fields, out int start)
    {
        var reader = new CborSpanReader(item.Span);
        (rule, fields, start) = (default, 0, 0);
        if (reader.PeekMajor() != CborMajor.Array || reader.ReadArrayHeaderOrIndefinite() is not (> 0 and var count)
            || reader.PeekMajor() != CborMajor.UnsignedInteger || !names.TryGetValue(reader.ReadUInt64(), out rule))
        {
            return false;
        }

        (fields, start) = (count - 1, reader.Position);
        return true;
    }

    private static Dictionary<ulong, Node> Named(params string[] names) =>
        names.Select((name, index) => (name, index)).Where(x => x.name.Length > 0).ToDictionary(x => (ulong)x.index, x => new Node(x.name, null));

    private static Dictionary<ulong, Node> With(Dictionary<ulong, Node> names, params (ulong Number, string Name, Dictionary<ulong, Node> Inner)[] more)
    {
        foreach ((ulong number, string name, Dictionary<ulong, Node> inner) in more)
        {
            names[number] = new Node(name, inner);
        }

        return names;
    }

    private readonly record struct Node(string Name, Dictionary<ulong, Node>? Inner);
}
