using System.Globalization;
using System.Numerics;
using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>A hash of 28 bytes, of a key or a script: what stake pools and credentials are named by.</summary>
public readonly record struct KeyHash : IComparable<KeyHash>
{
    /// <summary>Its length in bytes.</summary>
    public const int Size = 28;

    private readonly string? _hex;

    /// <summary>A hash from its bytes.</summary>
    /// <exception cref="ArgumentException">They are not 28.</exception>
    public KeyHash(ReadOnlySpan<byte> bytes) =>
        _hex = bytes.Length == Size ? Convert.ToHexStringLower(bytes) : throw new ArgumentException($"{Size} bytes, not {bytes.Length}.", nameof(bytes));

    /// <summary>The bytes.</summary>
    public byte[] ToArray() => Convert.FromHexString(ToString());

    /// <summary>Reads 56 hexadecimal digits.</summary>
    /// <exception cref="FormatException">They are none.</exception>
    public static KeyHash Parse(string hex)
    {
        ArgumentNullException.ThrowIfNull(hex);
        return hex.Length == 2 * Size ? new KeyHash(Convert.FromHexString(hex)) : throw new FormatException($"'{hex}' is not {2 * Size} hexadecimal digits.");
    }

    /// <summary>By bytes.</summary>
    public int CompareTo(KeyHash other) => string.CompareOrdinal(ToString(), other.ToString());

    /// <summary>56 hexadecimal digits.</summary>
    public override string ToString() => _hex ?? new string('0', 2 * Size);

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <(KeyHash left, KeyHash right) => left.CompareTo(right) < 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >(KeyHash left, KeyHash right) => left.CompareTo(right) > 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator <=(KeyHash left, KeyHash right) => left.CompareTo(right) <= 0;

    /// <inheritdoc cref="CompareTo"/>
    public static bool operator >=(KeyHash left, KeyHash right) => left.CompareTo(right) >= 0;
}

/// <summary>Who may do something: whoever has a key, or satisfies a script.</summary>
/// <param name="Hash">Of the key or the script.</param>
/// <param name="IsScript">Which of the two.</param>
public readonly record struct Credential(KeyHash Hash, bool IsScript = false);

/// <summary>Where an unspent output comes from.</summary>
/// <param name="Transaction">The id of the transaction.</param>
/// <param name="Index">Which of its outputs.</param>
public readonly record struct TransactionInput(BlockHash Transaction, ulong Index);

/// <summary>An unspent output: where it comes from, and the output in the encoding of its era.</summary>
/// <param name="Input">Where it comes from.</param>
/// <param name="Output">What it is.</param>
public readonly record struct UnspentOutput(TransactionInput Input, LedgerValue Output);

/// <summary>A part of a whole, exactly.</summary>
/// <param name="Numerator">Above the line.</param>
/// <param name="Denominator">Below it.</param>
public readonly record struct Fraction(BigInteger Numerator, BigInteger Denominator)
{
    /// <summary>About how much that is.</summary>
    public double ToDouble() => (double)Numerator / (double)Denominator;
}

/// <summary>The stake of a pool.</summary>
/// <param name="Pool">Which.</param>
/// <param name="Share">Its part of all active stake.</param>
/// <param name="Coin">Its stake in lovelace, from version 21 on.</param>
/// <param name="Vrf">The hash of its VRF key.</param>
public readonly record struct PoolStake(KeyHash Pool, Fraction Share, ulong? Coin, BlockHash Vrf);

/// <summary>The stake of all pools.</summary>
/// <param name="Pools">Each, in the order of the node.</param>
/// <param name="TotalCoin">All active stake in lovelace, from version 21 on.</param>
public sealed record StakeDistribution(IReadOnlyList<PoolStake> Pools, ulong? TotalCoin);

/// <summary>What belongs to nobody, in lovelace.</summary>
/// <param name="Treasury">The treasury.</param>
/// <param name="Reserves">The reserves.</param>
public readonly record struct AccountState(ulong Treasury, ulong Reserves);

/// <summary>The protocol parameters of an era, in the era's order.</summary>
/// <param name="Major">Major protocol version.</param>
/// <param name="Minor">Minor protocol version.</param>
/// <param name="Values">All of them: in versions up to 20 major and minor stand apart in eras before Conway, else together.</param>
public sealed record ProtocolParameters(ulong Major, ulong Minor, IReadOnlyList<LedgerValue> Values);

/// <summary>Where an era, or an epoch, begins.</summary>
/// <param name="Picoseconds">Since the start of the chain.</param>
/// <param name="Slot">The slot.</param>
/// <param name="Epoch">The epoch.</param>
/// <param name="PerasRound">The Peras round, where the node tells it.</param>
public readonly record struct EraBound(BigInteger Picoseconds, ulong Slot, ulong Epoch, ulong? PerasRound)
{
    /// <summary>Since the start of the chain.</summary>
    /// <exception cref="OverflowException">Beyond 29,000 years.</exception>
    public TimeSpan Time => TimeSpan.FromTicks((long)(Picoseconds / 100_000));
}

/// <summary>One era of the history.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Where it ends, or, of the last one, how far can be foreseen; <see langword="null"/> where there is no end.</param>
/// <param name="EpochSlots">Slots of an epoch.</param>
/// <param name="SlotLength">How long a slot is.</param>
/// <param name="SafeZoneSlots">Slots behind the tip of which it is certain that they belong to the era; <see langword="null"/> where it never ends.</param>
/// <param name="GenesisWindow">Slots of the genesis window.</param>
/// <param name="PerasRoundSlots">Slots of a Peras round, where the era has them.</param>
public sealed record EraSummary(
    EraBound Start, EraBound? End, ulong EpochSlots, TimeSpan SlotLength, ulong? SafeZoneSlots, ulong GenesisWindow, ulong? PerasRoundSlots)
{
    /// <summary>Where the era ends as far as can be foreseen from a block: at the end of the epoch that holds its safe zone, and not behind its real end.</summary>
    /// <param name="tip">The slot of the block; <see langword="null"/> for none.</param>
    internal EraBound? Horizon(ulong? tip)
    {
        if (SafeZoneSlots is not { } safe)
        {
            return End;
        }

        ulong next = Math.Max(Start.Slot, tip is { } slot ? slot + 1 : 0);
        ulong epochs = (next - Start.Slot + safe + EpochSlots - 1) / EpochSlots;
        ulong slots = epochs * EpochSlots;
        if (End is { } end && end.Slot <= Start.Slot + slots)
        {
            return end;
        }

        BigInteger length = (BigInteger)SlotLength.Ticks * PicosecondsPerTick;
        return new EraBound(Start.Picoseconds + (slots * length), Start.Slot + slots, Start.Epoch + epochs, Start.PerasRound is null ? null : 0);
    }

    private const long PicosecondsPerTick = 100_000;
}

/// <summary>The history of a chain's eras: what slots, epochs and times have to do with one another.</summary>
/// <param name="Eras">From the first to the one that can be foreseen last.</param>
public sealed record EraHistory(IReadOnlyList<EraSummary> Eras)
{
    /// <summary>When a slot begins, since the start of the chain.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Beyond what can be foreseen.</exception>
    public TimeSpan TimeOf(ulong slot)
    {
        EraSummary era = EraOf(slot);
        return era.Start.Time + TimeSpan.FromTicks(checked((long)(slot - era.Start.Slot) * era.SlotLength.Ticks));
    }

    /// <summary>The epoch of a slot.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Beyond what can be foreseen.</exception>
    public ulong EpochOf(ulong slot)
    {
        EraSummary era = EraOf(slot);
        return era.Start.Epoch + ((slot - era.Start.Slot) / era.EpochSlots);
    }

    private EraSummary EraOf(ulong slot)
    {
        foreach (EraSummary era in Eras)
        {
            if (slot >= era.Start.Slot && (era.End is not { } end || slot < end.Slot))
            {
                return era;
            }
        }

        throw new ArgumentOutOfRangeException(
            nameof(slot), string.Create(CultureInfo.InvariantCulture, $"Slot {slot} is beyond the horizon of the history."));
    }
}
