using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>The queries of one era: those whose results have a type here by name, and every other one by its number.</summary>
/// <param name="Era">Which era. Byron has one query only: <see cref="EraQueryKind.GetUpdateInterfaceState"/>.</param>
public readonly record struct EraQueries(Era Era)
{
    private const ulong SetTag = 258;
    private const int SnapshotKindSince = 23;

    /// <summary>The tip, as the era's ledger sees it.</summary>
    public LedgerQuery<Point> LedgerTip => Typed(EraQueryKind.GetLedgerTip, LedgerReader.Point);

    /// <summary>The epoch.</summary>
    public LedgerQuery<ulong> Epoch => Typed(EraQueryKind.GetEpochNo, LedgerReader.Number);

    /// <summary>The protocol parameters.</summary>
    public LedgerQuery<ProtocolParameters> ProtocolParameters
    {
        get
        {
            Era era = Era;
            return Make(EraQueryKind.GetCurrentPParams, (result, version) => LedgerReader.Parameters(LedgerReader.Unwrap(result), era, version));
        }
    }

    /// <summary>Stake by pool, in versions up to 20.</summary>
    public LedgerQuery<StakeDistribution> OldStakeDistribution => Typed(EraQueryKind.GetStakeDistribution, LedgerReader.OldStake);

    /// <summary>Stake by pool, from version 21 on.</summary>
    public LedgerQuery<StakeDistribution> StakeDistribution => Typed(EraQueryKind.GetStakeDistribution2, LedgerReader.Stake);

    /// <summary>All pools.</summary>
    public LedgerQuery<IReadOnlyList<KeyHash>> StakePools => Typed(EraQueryKind.GetStakePools, LedgerReader.Pools);

    /// <summary>Treasury and reserves.</summary>
    public LedgerQuery<AccountState> AccountState => Typed(EraQueryKind.GetAccountState, LedgerReader.Account);

    /// <summary>The newest major protocol version that the node knows. From version 21.</summary>
    public LedgerQuery<ulong> MaxMajorProtocolVersion => Typed(EraQueryKind.GetMaxMajorProtocolVersion, LedgerReader.Number);

    /// <summary>All unspent outputs: gigabytes on mainnet.</summary>
    public LedgerQuery<IReadOnlyList<UnspentOutput>> UnspentOutputs => Typed(EraQueryKind.GetUTxOWhole, LedgerReader.Outputs);

    /// <summary>Unspent outputs of addresses.</summary>
    /// <param name="addresses">Each as raw bytes.</param>
    public LedgerQuery<IReadOnlyList<UnspentOutput>> UnspentOutputsOf(IEnumerable<ReadOnlyMemory<byte>> addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        IEnumerable<byte[]> elements = addresses
            .Select(address => address.ToArray())
            .DistinctBy(Convert.ToHexStringLower)
            .Order(ByBytes)
            .Select(address => Encode(address, static (writer, bytes) => writer.WriteByteString(bytes)));
        return Typed(EraQueryKind.GetUTxOByAddress, LedgerReader.Outputs, Set(elements, IsTagged));
    }

    /// <summary>Unspent outputs by where they come from.</summary>
    public LedgerQuery<IReadOnlyList<UnspentOutput>> UnspentOutputsAt(IEnumerable<TransactionInput> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        IEnumerable<byte[]> elements = inputs.Distinct().OrderBy(input => input.Transaction).ThenBy(input => input.Index).Select(input => Encode(input, static (writer, one) =>
        {
            writer.WriteArrayHeader(2);
            writer.WriteByteString(one.Transaction.AsSpan());
            writer.WriteUInt(one.Index);
        }));
        return Typed(EraQueryKind.GetUTxOByTxIn, LedgerReader.Outputs, Set(elements, IsTagged));
    }

    /// <summary>Delegations and rewards of credentials.</summary>
    public LedgerQuery<LedgerValue> DelegationsAndRewards(IEnumerable<Credential> credentials) =>
        Query(EraQueryKind.GetFilteredDelegationsAndRewardAccounts, Set(Sorted(credentials), IsTagged));

    /// <summary>Deposits of credentials.</summary>
    public LedgerQuery<LedgerValue> Deposits(IEnumerable<Credential> credentials) =>
        Query(EraQueryKind.GetStakeDelegDeposits, Set(Sorted(credentials), isTagged: true));

    /// <summary>The state of DReps; of all where none is named.</summary>
    public LedgerQuery<LedgerValue> DRepStates(IEnumerable<Credential> credentials) =>
        Query(EraQueryKind.GetDRepState, Set(Sorted(credentials), isTagged: true));

    /// <summary>What pools are registered with.</summary>
    public LedgerQuery<LedgerValue> StakePoolParameters(IEnumerable<KeyHash> pools) =>
        Query(EraQueryKind.GetStakePoolParams, Set(Sorted(pools), isTagged: true));

    /// <summary>The state of pools; of all where <paramref name="pools"/> is <see langword="null"/>.</summary>
    public LedgerQuery<LedgerValue> PoolStates(IEnumerable<KeyHash>? pools = null) => Query(EraQueryKind.GetPoolState, Maybe(pools));

    /// <summary>Stake at the last epoch boundaries; of all pools where <paramref name="pools"/> is <see langword="null"/>.</summary>
    public LedgerQuery<LedgerValue> StakeSnapshots(IEnumerable<KeyHash>? pools = null) => Query(EraQueryKind.GetStakeSnapshots, Maybe(pools));

    /// <summary>Stake by pool; of all pools where <paramref name="pools"/> is <see langword="null"/>. From version 21.</summary>
    public LedgerQuery<StakeDistribution> StakeOf(IEnumerable<KeyHash>? pools = null) =>
        Typed(EraQueryKind.GetPoolDistr2, LedgerReader.Stake, Maybe(pools));

    /// <summary>Relays of the pools with the most stake, or, from version 23 on, of all. From version 19.</summary>
    /// <param name="bigOnly">Whether only of those with the most stake. Before version 23 nothing else can be asked.</param>
    public LedgerQuery<LedgerValue> LedgerPeers(bool bigOnly = true)
    {
        byte index = LedgerQuery.IndexOf(Era);
        return new(
            NameOf(EraQueryKind.GetLedgerPeerSnapshot),
            bigOnly ? EraQueryShape.All[EraQueryKind.GetLedgerPeerSnapshot].Since : SnapshotKindSince,
            null,
            version => version < SnapshotKindSince
                ? Envelope(index, EraQueryKind.GetLedgerPeerSnapshot, [])
                : Envelope(index, EraQueryKind.GetLedgerPeerSnapshot, [new[] { bigOnly ? (byte)1 : (byte)0 }]),
            static (result, _) => new LedgerValue(LedgerReader.Unwrap(result)));
    }

    /// <summary>Any query of the era.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="arguments">Each one CBOR item, as the era encodes it.</param>
    /// <exception cref="ArgumentException">Not as many arguments as the query has, or the query of another era than <see cref="Era"/>.</exception>
    /// <exception cref="CodecException">An argument is not one CBOR item.</exception>
    public LedgerQuery<LedgerValue> Query(EraQueryKind kind, params IReadOnlyList<ReadOnlyMemory<byte>> arguments) =>
        Make(kind, static (result, _) => new LedgerValue(LedgerReader.Unwrap(result)), [.. arguments]);

    private bool IsTagged => Era >= Era.Conway;

    private static int CompareBytes(byte[] left, byte[] right) => left.AsSpan().SequenceCompareTo(right);

    private static Comparer<byte[]> ByBytes => Comparer<byte[]>.Create(CompareBytes);

    private string NameOf(EraQueryKind kind) => $"{kind} of {EraMismatch.NameOf(Era)}";

    private LedgerQuery<T> Typed<T>(EraQueryKind kind, LedgerReader.ReadElement<T> read, params ReadOnlyMemory<byte>[] arguments) =>
        Make(kind, (result, _) => LedgerReader.Whole(LedgerReader.Unwrap(result), read), arguments);

    private LedgerQuery<T> Make<T>(EraQueryKind kind, Func<ReadOnlyMemory<byte>, int, T> read, params ReadOnlyMemory<byte>[] arguments)
    {
        if (!EraQueryShape.All.TryGetValue(kind, out EraQueryShape shape) || (kind == EraQueryKind.GetUpdateInterfaceState) != (Era <= Era.Byron))
        {
            throw new ArgumentException($"{EraMismatch.NameOf(Era)} has no query {kind}.", nameof(kind));
        }

        if (arguments.Length < shape.MinArguments || arguments.Length > shape.MaxArguments)
        {
            throw new ArgumentException($"{kind} has {shape.MinArguments} to {shape.MaxArguments} arguments, not {arguments.Length}.", nameof(arguments));
        }

        byte[] query = Envelope(LedgerQuery.IndexOf(Era), kind, arguments);
        return new(NameOf(kind), shape.Since, shape.Until, _ => query, read);
    }

    private static byte[] Envelope(byte era, EraQueryKind kind, ReadOnlySpan<ReadOnlyMemory<byte>> arguments)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new CborSpanWriter(output);
        writer.WriteArrayHeader(2);
        writer.WriteUInt(0);
        writer.WriteArrayHeader(2);
        writer.WriteUInt(0);
        writer.WriteArrayHeader(2);
        writer.WriteUInt(era);
        if (kind == EraQueryKind.GetUpdateInterfaceState)
        {
            writer.WriteUInt(0);
            return output.WrittenSpan.ToArray();
        }

        writer.WriteArrayHeader(1 + arguments.Length);
        writer.WriteUInt((ulong)kind);
        foreach (ReadOnlyMemory<byte> argument in arguments)
        {
            var check = new CborSpanReader(argument.Span);
            check.SkipItem();
            check.ReadEnd();
            writer.WriteRaw(argument.Span);
        }

        return output.WrittenSpan.ToArray();
    }

    private static byte[] Encode<T>(T value, Action<CborSpanWriter, T> write)
        where T : notnull
    {
        var output = new ArrayBufferWriter<byte>();
        write(new CborSpanWriter(output), value);
        return output.WrittenSpan.ToArray();
    }

    private static ReadOnlyMemory<byte> Set(IEnumerable<byte[]> elements, bool isTagged)
    {
        byte[][] all = [.. elements];
        var output = new ArrayBufferWriter<byte>();
        var writer = new CborSpanWriter(output);
        if (isTagged)
        {
            writer.WriteTag(SetTag);
        }

        writer.WriteArrayHeader(all.Length);
        foreach (byte[] element in all)
        {
            writer.WriteRaw(element);
        }

        return output.WrittenMemory;
    }

    private static ReadOnlyMemory<byte> Maybe(IEnumerable<KeyHash>? pools)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new CborSpanWriter(output);
        writer.WriteArrayHeader(pools is null ? 0 : 1);
        if (pools is not null)
        {
            writer.WriteRaw(Set(Sorted(pools), isTagged: true).Span);
        }

        return output.WrittenMemory;
    }

    private static IEnumerable<byte[]> Sorted(IEnumerable<KeyHash> hashes)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        return hashes.Distinct().Order().Select(hash => Encode(hash, static (writer, one) => writer.WriteByteString(one.ToArray())));
    }

    // Scripts before keys, although their number is greater: the order that nodes insist on.
    private static IEnumerable<byte[]> Sorted(IEnumerable<Credential> credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        return credentials.Distinct().OrderByDescending(one => one.IsScript).ThenBy(one => one.Hash).Select(credential => Encode(credential, static (writer, one) =>
        {
            writer.WriteArrayHeader(2);
            writer.WriteUInt(one.IsScript ? 1u : 0u);
            writer.WriteByteString(one.Hash.ToArray());
        }));
    }
}
