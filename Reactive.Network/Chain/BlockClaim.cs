namespace Reactive.Network.Chain;

/// <summary>A block, and what it is said to be.</summary>
/// <param name="Block">The block.</param>
/// <param name="Announced">Its point.</param>
/// <param name="Era">Its era, where that is known.</param>
internal readonly record struct BlockClaim(Block Block, Point Announced, Era? Era);
