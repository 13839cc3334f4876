using System.Numerics;
using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>The starts and eras of the public networks. History: it does not change, but a coming era is not in it.</summary>
internal static class KnownChains
{
    private const long PicosecondsPerMillisecond = 1_000_000_000;
    private const int ByronSlotMilliseconds = 20_000;
    private const int SlotMilliseconds = 1_000;

    /// <summary>Epochs in which Shelley, Allegra, Mary, Alonzo, Babbage and Conway began.</summary>
    private static readonly ulong[] Mainnet = [208, 236, 251, 290, 365, 507];
    private static readonly ulong[] Preprod = [4, 5, 6, 7, 12, 163];
    private static readonly ulong[] Preview = [0, 0, 0, 0, 3, 646];

    /// <summary>What is known of a network; nothing of one that is not public.</summary>
    public static ChainLedgerOptions Of(NetworkMagic magic) =>
        magic == NetworkMagic.Mainnet ? Make(new(2017, 9, 23, 21, 44, 51, TimeSpan.Zero), 2_160, 432_000, Mainnet)
        : magic == NetworkMagic.Preprod ? Make(new(2022, 6, 1, 0, 0, 0, TimeSpan.Zero), 2_160, 432_000, Preprod)
        : magic == NetworkMagic.Preview ? Make(new(2022, 10, 25, 0, 0, 0, TimeSpan.Zero), 432, 86_400, Preview)
        : new ChainLedgerOptions();

    /// <param name="start">When slot 0 began.</param>
    /// <param name="k">The security parameter: of Byron it gives the length of an epoch too.</param>
    /// <param name="epochSlots">Slots of an epoch from Shelley on. One in twenty has a block.</param>
    /// <param name="epochs">In which each era behind Byron began.</param>
    private static ChainLedgerOptions Make(DateTimeOffset start, ulong k, ulong epochSlots, ulong[] epochs)
    {
        var bound = new EraBound(0, 0, 0, 0);
        var eras = new List<EraSummary>(epochs.Length + 1);
        for (int era = 0; era <= epochs.Length; era++)
        {
            bool isByron = era == 0;
            ulong length = isByron ? 10 * k : epochSlots;
            int milliseconds = isByron ? ByronSlotMilliseconds : SlotMilliseconds;
            ulong safe = isByron ? 2 * k : 3 * k * 20;
            EraBound? end = era < epochs.Length ? After(bound, epochs[era] - bound.Epoch, length, milliseconds) : null;
            eras.Add(new EraSummary(bound, end, length, TimeSpan.FromMilliseconds(milliseconds), safe, safe, null));
            bound = end ?? bound;
        }

        return new ChainLedgerOptions { SystemStart = start, Eras = new EraHistory(eras.AsReadOnly()) };
    }

    private static EraBound After(EraBound from, ulong epochs, ulong epochSlots, int slotMilliseconds)
    {
        ulong slots = epochs * epochSlots;
        return new EraBound(from.Picoseconds + ((BigInteger)slots * slotMilliseconds * PicosecondsPerMillisecond), from.Slot + slots, from.Epoch + epochs, 0);
    }
}
