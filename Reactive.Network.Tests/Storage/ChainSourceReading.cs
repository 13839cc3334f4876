using Reactive.Network.Chain;

namespace Reactive.Network.Tests.Storage;

/// <summary>Reads chain sources to their end, as a server does: each element is given back once it is used.</summary>
internal static class ChainSourceReading
{
    /// <summary>Takes the roll back that comes first.</summary>
    public static Point TakeRollBack(this IChainCursor cursor)
    {
        Assert.True(cursor.TryNext(out ChainStep step));
        Assert.Null(step.RollForward);
        return step.Point;
    }

    /// <summary>Takes what is there now, which has no roll back.</summary>
    public static List<Header> TakeForward(this IChainCursor cursor, int count = int.MaxValue)
    {
        List<Header> headers = [];
        while (headers.Count < count && cursor.TryNext(out ChainStep step))
        {
            Header header = Assert.NotNull(step.RollForward);
            headers.Add(header.Copy());
            header.Dispose();
        }

        return headers;
    }

    /// <summary>What follows <paramref name="from"/>, which is on the chain.</summary>
    public static List<Header> HeadersAfter(this IChainSource source, Point from)
    {
        using IChainCursor cursor = source.Follow();
        Assert.Equal(from, cursor.FindIntersect([from]));
        Assert.Equal(from, cursor.TakeRollBack());
        return cursor.TakeForward();
    }

    /// <summary>The blocks of a range that is there.</summary>
    public static List<Block> Blocks(this IChainSource source, Point first, Point last)
    {
        using IBlockCursor cursor = Assert.IsAssignableFrom<IBlockCursor>(source.ReadRange(first, last));
        List<Block> blocks = [];
        while (cursor.TryNext(out Block block))
        {
            blocks.Add(block.Copy());
            block.Dispose();
        }

        return blocks;
    }

    /// <summary>The bytes of the blocks of a range, one behind the other.</summary>
    public static byte[] Bytes(this IEnumerable<Block> blocks)
    {
        using MemoryStream all = new();
        foreach (Block block in blocks)
        {
            all.Write(block.Span);
        }

        return all.ToArray();
    }
}
