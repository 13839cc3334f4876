using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers.Candidates;

namespace Rxnet.Following;

/// <summary>What is told of a block or header; its memory is given back before.</summary>
/// <param name="Height">The block number.</param>
/// <param name="Era">The era.</param>
/// <param name="Bytes">The length of <c>[blockTag, block]</c>, or of the header where only headers are followed.</param>
/// <param name="Transactions">How many; <see langword="null"/> where the body is not there or opaque.</param>
/// <param name="Peer">Who delivered it.</param>
internal readonly record struct BlockFacts(ulong Height, Era Era, int Bytes, int? Transactions, string Peer)
{
    /// <summary>Takes the facts from a followed block and gives it back.</summary>
    public static ChainEvent<BlockFacts> Of(ChainEvent<FetchedBlock> followed)
    {
        if (!followed.IsRollForward)
        {
            return With(followed, default);
        }

        using FetchedBlock block = followed.Value;
        return With(followed, new BlockFacts(block.BlockNumber, block.Era, block.Size, block.TransactionCount, block.Peer.Name));
    }

    /// <summary>The facts of a followed header. Who announced it first delivered it.</summary>
    /// <param name="followed">The header.</param>
    /// <param name="lastPeer">Who delivered the one before: told where all announcers of this one have gone again.</param>
    public static ChainEvent<BlockFacts> Of(ChainEvent<CandidateHeader> followed, string lastPeer)
    {
        if (!followed.IsRollForward)
        {
            return With(followed, new BlockFacts { Peer = lastPeer });
        }

        CandidateHeader header = followed.Value;
        return With(followed, new BlockFacts(
            header.BlockNumber, header.Header.Era, header.Header.Size, null, header.Announcers is [var first, ..] ? first.Name : lastPeer));
    }

    private static ChainEvent<BlockFacts> With<T>(ChainEvent<T> followed, BlockFacts facts) => new(followed.Kind, followed.Point, facts, followed.Tip);
}
