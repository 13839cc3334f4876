using Reactive.Network.Chain;
using Reactive.Network.Peers;

namespace Rxnet.Following;

/// <summary>What is told of a block or header; its memory is given back before.</summary>
/// <param name="Height">The block number.</param>
/// <param name="Era">The era.</param>
/// <param name="Bytes">The length of <c>[blockTag, block]</c>, or of the header where only headers are followed.</param>
/// <param name="Transactions">How many; <see langword="null"/> where the body is not there or opaque.</param>
/// <param name="Peer">Who delivered it.</param>
internal readonly record struct BlockFacts(ulong Height, Era Era, int Bytes, int? Transactions, PeerAddress Peer)
{
    /// <summary>Takes the facts from a followed block and gives it back.</summary>
    public static ChainEvent<BlockFacts> Of(ChainEvent<Block> followed, PeerAddress peer)
    {
        using Block block = followed.Value;
        return With(followed, followed.IsRollForward
            ? new BlockFacts(block.BlockNumber, block.Era, block.Size, block.TransactionCount, peer)
            : default);
    }

    /// <summary>Takes the facts from a followed header and gives it back.</summary>
    public static ChainEvent<BlockFacts> Of(ChainEvent<Header> followed, PeerAddress peer)
    {
        using Header header = followed.Value;
        return With(followed, followed.IsRollForward
            ? new BlockFacts(header.BlockNumber, header.Era, header.Size, null, peer)
            : default);
    }

    private static ChainEvent<BlockFacts> With<T>(ChainEvent<T> followed, BlockFacts facts) => new(followed.Kind, followed.Point, facts, followed.Tip);
}
