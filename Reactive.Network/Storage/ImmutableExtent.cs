using Reactive.Network.Chain;

namespace Reactive.Network.Storage;

/// <summary>What of a directory is served.</summary>
/// <param name="First">The first entry.</param>
/// <param name="End">The address behind the last good block.</param>
/// <param name="EndBytes">Where that block ends in its chunk file.</param>
/// <param name="Tip">That block; origin if there is none.</param>
/// <param name="VerifiedFrom">The first chunk that was verified whole on opening.</param>
internal sealed record ImmutableExtent(EntryAddress First, EntryAddress End, long EndBytes, Tip Tip, int VerifiedFrom);
