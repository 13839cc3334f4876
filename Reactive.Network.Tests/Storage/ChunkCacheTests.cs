using Reactive.Network.Chain;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Storage;

/// <summary>Chunks that stay open, and blocks that lie in their files.</summary>
public class ChunkCacheTests
{
    private const int SlotsPerChunk = 40;

    private static readonly Block[] Chain = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 8, BodyBytes = 500 }).Take(200)];

    [Fact]
    public void KeepsNoMoreThanItsBound_WhateverIsRead()
    {
        using ImmutableFolder folder = new(Chain, SlotsPerChunk);
        using ImmutableDatabase database = Open(folder);

        Assert.Equal(Chain.Select(static block => block.Point), Read(database, Chain[0], Chain[^1]).Select(static block => block.Point));

        Assert.InRange(Chain[^1].Slot / SlotsPerChunk, ChunkCache.Most + 5ul, ulong.MaxValue);
        Assert.Equal(ChunkCache.Most, database.OpenChunks);
        database.Dispose();
        Assert.Equal(0, database.OpenChunks);
    }

    [Fact]
    public void KeepsTheFileOfABlock_WhenTheDatabaseIsClosed()
    {
        using ImmutableFolder folder = new(Chain, SlotsPerChunk);
        ImmutableDatabase database = Open(folder);
        List<Block> blocks = Read(database, Chain[0], Chain[^1]);

        database.Dispose();

        Assert.Equal(Chain.Select(static block => block.Hash), blocks.Select(static block => block.Hash));
        blocks.ForEach(static block => block.Dispose());
        Assert.All(blocks, static block => Assert.Throws<ObjectDisposedException>(() => block.Memory));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void GivesTheSameBytes_MappedAndCopied(bool mapFiles)
    {
        using ImmutableFolder folder = new(Chain, SlotsPerChunk);
        using ImmutableDatabase database = Open(folder, mapFiles);

        List<Block> blocks = Read(database, Chain[10], Chain[150]);

        Assert.Equal(141, blocks.Count);
        Assert.All(blocks.Zip(Chain[10..151]), static pair => Assert.True(pair.First.Span.SequenceEqual(pair.Second.Span)));
        blocks.ForEach(static block => block.Dispose());
    }

    /// <summary>A file that was cut while it is open and mapped is found out by its length, not by a fault.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EndsWithTheFileName_WhenAnOpenFileIsCut(bool mapFiles)
    {
        using ImmutableFolder folder = new(Chain, SlotsPerChunk);
        using ImmutableDatabase database = Open(folder, mapFiles);
        Read(database, Chain[0], Chain[1]).ForEach(static block => block.Dispose());
        using (FileStream file = new(folder.Chunk(0), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(3);
        }

        ChainSourceException error = Assert.ThrowsAny<ChainSourceException>(() => Read(database, Chain[0], Chain[1]));

        Assert.Contains("00000.chunk", error.Message, StringComparison.Ordinal);
    }

    private static ImmutableDatabase Open(ImmutableFolder folder, bool mapFiles = true) =>
        ImmutableDatabase.Open(folder.Path, new ImmutableDatabaseOptions { SlotsPerChunk = SlotsPerChunk, MapFiles = mapFiles });

    private static List<Block> Read(ImmutableDatabase database, Block first, Block last)
    {
        var blocks = new List<Block>();
        using IBlockCursor range = database.ReadRange(first.Point, last.Point)!;
        while (range.TryNext(out Block block))
        {
            blocks.Add(block);
        }

        return blocks;
    }
}
