using System.Reactive.Linq;
using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>What can be answered about a chain without a ledger: where it is, in which era, and what slots have to do with time.</summary>
/// <remarks>
/// <para>Answers tip, block number, era and the tip of an era's ledger from the chain; system start, era starts, era history and epoch from
/// <see cref="ChainLedgerOptions"/>. Every block of the chain can be acquired, for nothing is kept for it. What it cannot answer ends the client's connection with
/// <see cref="LedgerQueryUnansweredException"/>: the protocol has no answer that says no.</para>
/// <para>Any thread.</para>
/// </remarks>
/// <param name="chain">Acquiring reads one block from it.</param>
/// <param name="options"><see langword="null"/>: nothing is known but the chain.</param>
public sealed class ChainLedger(IChainSource chain, ChainLedgerOptions? options = null) : ILedgerStates
{
    /// <summary>Looks at the tip while it moves, before that is given up.</summary>
    private const int MaxLooks = 10;

    private readonly IChainSource _chain = chain ?? throw new ArgumentNullException(nameof(chain));
    private readonly ChainLedgerOptions _options = options ?? new ChainLedgerOptions();

    /// <inheritdoc/>
    public ILedgerState? TryAcquire(LedgerTarget target, out LedgerAcquireFailure failure)
    {
        failure = LedgerAcquireFailure.PointNotOnChain;
        if (target.Kind == LedgerTargetKind.Point)
        {
            return At(target.Point);
        }

        for (int look = 0; look < MaxLooks; look++)
        {
            Tip tip = target.Kind == LedgerTargetKind.ImmutableTip && _options.ImmutableTip is { } immutable ? immutable() : _chain.Tip;
            if (At(tip.Point) is { } state)
            {
                return state;
            }
        }

        return null;
    }

    private State? At(Point point)
    {
        if (point.IsOrigin)
        {
            return new State(point, null, _options.FirstEra, _options);
        }

        using IBlockCursor? range = _chain.ReadRange(point, point);
        if (range is null || !range.TryNext(out Block block))
        {
            return null;
        }

        using (block)
        {
            return new State(point, block.BlockNumber, block.Era, _options);
        }
    }

    private sealed class State(Point point, ulong? number, Era era, ChainLedgerOptions options) : ILedgerState
    {
        /// <summary>Not a bare <see langword="null"/>, which converts to memory without bytes.</summary>
        private static ReadOnlyMemory<byte>? Unanswered => null;

        public IObservable<ReadOnlyMemory<byte>> Answer(LedgerRequest request) =>
            Find(request) is { } answer
                ? Observable.Return(answer)
                : Observable.Throw<ReadOnlyMemory<byte>>(new LedgerQueryUnansweredException(request));

        public void Dispose()
        {
        }

        private ReadOnlyMemory<byte>? Find(LedgerRequest request) => request.Kind switch
        {
            LedgerRequestKind.ChainPoint => LedgerAnswer.ChainPoint(point),
            LedgerRequestKind.ChainBlockNumber => LedgerAnswer.ChainBlockNumber(number),
            LedgerRequestKind.CurrentEra => LedgerAnswer.CurrentEra(era),
            LedgerRequestKind.SystemStart when options.SystemStart is { } start => LedgerAnswer.SystemStart(start),
            LedgerRequestKind.EraHistory when History() is { } history => LedgerAnswer.EraHistory(history),
            LedgerRequestKind.EraStart when History() is { } history => LedgerAnswer.EraStart(
                request.Era.EraIndex() < history.Eras.Count ? history.Eras[request.Era.EraIndex()].Start : null),
            LedgerRequestKind.EraQuery when request.Era.EraIndex() != era.EraIndex() => LedgerAnswer.WrongEra(request.Era, era),
            LedgerRequestKind.EraQuery => OfEra(request),
            _ => Unanswered,
        };

        private ReadOnlyMemory<byte>? OfEra(LedgerRequest request)
        {
            // Its argument is another query, which is answered as bytes.
            EraQueryKind kind = request.Query == EraQueryKind.GetCBOR ? request.Inner : request.Query;
            ReadOnlyMemory<byte>? value = kind switch
            {
                EraQueryKind.GetLedgerTip => LedgerAnswer.ChainPoint(point),
                EraQueryKind.GetEpochNo when History() is { } history => LedgerAnswer.Number(history.EpochOf(point.Slot)),
                _ => Unanswered,
            };
            return value is not { } known ? Unanswered
                : LedgerAnswer.OfEra(request.Query == EraQueryKind.GetCBOR ? LedgerAnswer.Encoded(known.Span).Span : known.Span);
        }

        /// <summary>The eras up to that of the state, and how far the last one can be foreseen from here.</summary>
        private EraHistory? History()
        {
            int index = era.EraIndex();
            if (options.Eras is not { } known || index >= known.Eras.Count)
            {
                return null;
            }

            EraSummary[] eras = [.. known.Eras.Take(index + 1)];
            eras[index] = eras[index] with { End = eras[index].Horizon(number is null ? null : point.Slot) };
            return new EraHistory(Array.AsReadOnly(eras));
        }
    }
}

/// <summary>What is known of a chain besides its blocks.</summary>
public sealed record ChainLedgerOptions
{
    /// <summary>When slot 0 began.</summary>
    /// <value><see langword="null"/> by default: not answered.</value>
    public DateTimeOffset? SystemStart { get; init; }

    /// <summary>All eras that the chain has had and will have, as far as is known, from Byron on: one element each, also for those that last no slot.</summary>
    /// <value>
    /// <see langword="null"/> by default: not answered. What clients are told ends with the era of the state, at the end of the epoch that holds its safe zone.
    /// </value>
    public EraHistory? Eras { get; init; }

    /// <summary>The newest block that cannot be rolled back any more. Called from any thread.</summary>
    /// <value><see langword="null"/> by default: the tip, as of a chain that does not change.</value>
    public Func<Tip>? ImmutableTip { get; init; }

    /// <summary>What is known of a public network (mainnet, preprod, preview), its eras up to Conway; nothing of another.</summary>
    public static ChainLedgerOptions Of(NetworkMagic magic) => KnownChains.Of(magic);

    /// <summary>The era before the first block: the first of <see cref="Eras"/> that lasts; Byron where none is known.</summary>
    internal Era FirstEra
    {
        get
        {
            int first = Eras?.Eras.TakeWhile(static era => era.End is { } end && end.Slot == era.Start.Slot).Count() ?? 0;
            return EraMismatch.EraAt((ulong)first);
        }
    }
}

/// <summary>A query to which there is no answer without a ledger. It ends the connection of the client that asked.</summary>
/// <param name="request">What was asked.</param>
public sealed class LedgerQueryUnansweredException(LedgerRequest request)
    : NetworkException(Fault.Local, $"{request?.ToString()} cannot be answered without a ledger")
{
    /// <summary>What was asked.</summary>
    public LedgerRequest Request { get; } = request ?? throw new ArgumentNullException(nameof(request));
}
