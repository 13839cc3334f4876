using Reactive.Network.Chain;

namespace Rxnet.Commands;

/// <summary>Slots in one chunk of the ImmutableDB: ten times the security parameter of the network's Byron genesis.</summary>
internal static class SlotsPerChunk
{
    /// <summary>Those of a network that is known by name; <see langword="null"/> for another.</summary>
    public static int? Of(NetworkMagic magic) =>
        magic == NetworkMagic.Mainnet || magic == NetworkMagic.Preprod ? 21_600
        : magic == NetworkMagic.Preview || magic == NetworkMagic.Sanchonet ? 4_320
        : null;
}
