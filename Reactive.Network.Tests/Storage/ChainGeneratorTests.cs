using System.Formats.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Storage;

public class ChainGeneratorTests
{
    private const int HeaderFieldCount = 10;

    [Fact]
    public void MakesTheSameBytes_WhenTheSeedIsTheSame()
    {
        Block[] first = [.. Make(50)];
        Block[] second = [.. Make(50)];
        Block[] other = [.. Make(50, seed: 2)];

        Assert.True(first.Bytes().AsSpan().SequenceEqual(second.Bytes()));
        Assert.Empty(first.Select(static block => block.Hash).Intersect(other.Select(static block => block.Hash)));
    }

    [Fact]
    public void MakesTheSameBytesInEveryBuild_WhenTheSeedIsTheSame()
    {
        // Traces that were recorded with a seed must replay: the source of randomness may not change unnoticed.
        Assert.Equal("da3a256e2d365604d3d7f181fc04d966f833d6a4792c31e5b796fe2586dc844f", Make(20).Last().Hash.ToString());
    }

    [Fact]
    public void BlocksHangTogether()
    {
        Block[] blocks = [.. Make(300)];

        Assert.Equal((0ul, 0ul, null), (blocks[0].Slot, blocks[0].BlockNumber, blocks[0].PreviousHash));
        Assert.All(blocks.Zip(blocks.Skip(1)), static pair =>
        {
            Assert.Equal(pair.First.Hash, pair.Second.PreviousHash);
            Assert.Equal(pair.First.BlockNumber + 1, pair.Second.BlockNumber);
            Assert.True(pair.Second.Slot > pair.First.Slot);
        });
        Assert.All(blocks, static block => Assert.Equal(BlockDefect.None, BlockVerifier.Verify(block, block.Point)));
    }

    [Fact]
    public void SlotsAreAsFarApartAsAsked()
    {
        Assert.InRange(MeanGap(20), 18, 22);
        Assert.InRange(MeanGap(100), 90, 110);
        Assert.Equal(1, MeanGap(1));

        static double MeanGap(int asked) =>
            new ChainGenerator(new ChainGeneratorOptions { MeanSlotGap = asked, BodyBytes = 300 }).Take(2_001).Last().Slot / 2_000.0;
    }

    [Fact]
    public void BodiesAreLikeThoseOfMainnet()
    {
        int[] bodies = [.. Make(2_000).Select(static block => (int)block.Header.ReadFields().BodySize!)];

        Assert.InRange(bodies.Average(), 14_000, 18_000);
        Assert.InRange(bodies.Max(), 70_000, 88_000);
        Assert.InRange(bodies.Count(static size => size < 5_000), 2_000 / 5, 2_000 / 3);
    }

    [Fact]
    public void HeadersHaveEveryFieldInItsRealSize()
    {
        foreach (Block block in Make(5))
        {
            CborReader reader = new(block.Header.Memory, CborConformanceMode.Canonical);
            Assert.Equal(2, reader.ReadStartArray());
            Assert.Equal(HeaderFieldCount, reader.ReadStartArray());
            Assert.Equal(block.BlockNumber, reader.ReadUInt64());
            Assert.Equal(block.Slot, reader.ReadUInt64());
            if (block.BlockNumber == 0)
            {
                reader.ReadNull();
            }
            else
            {
                Assert.Equal(32, reader.ReadByteString().Length);
            }

            Assert.Equal([32, 32], Sizes(reader, 2));
            Assert.Equal(2, reader.ReadStartArray());
            Assert.Equal([64, 80], Sizes(reader, 2));
            reader.ReadEndArray();
            Assert.Equal(block.Size - 3 - block.Header.Size, reader.ReadInt32());
            Assert.Equal([32], Sizes(reader, 1));
            Assert.Equal(4, reader.ReadStartArray());
            Assert.Equal([32], Sizes(reader, 1));
            reader.ReadUInt64();
            Assert.Equal(block.Slot / 129_600, reader.ReadUInt64());
            Assert.Equal([64], Sizes(reader, 1));
            reader.ReadEndArray();
            Assert.Equal(2, reader.ReadStartArray());
            Assert.Equal((10, 0), (reader.ReadInt32(), reader.ReadInt32()));
            reader.ReadEndArray();
            reader.ReadEndArray();
            Assert.Equal([448], Sizes(reader, 1));
            reader.ReadEndArray();
            Assert.Equal(0, reader.BytesRemaining);
        }

        static int[] Sizes(CborReader reader, int count) => [.. Enumerable.Range(0, count).Select(_ => reader.ReadByteString().Length)];
    }

    [Fact]
    public void HeadersAreAsLongAsOnMainnet()
    {
        // Those of the recorded mainnet piece have 859 bytes.
        Block block = Make(10, parent: new Tip(new Point(150_000_000, Blake2b256.Hash("parent"u8)), 11_500_000)).Last();

        Assert.InRange(block.Header.Size, 850, 875);
    }

    [Fact]
    public void AnotherDecoderReadsEveryBlock()
    {
        foreach (Block block in Make(30))
        {
            CborReader reader = new(block.Memory, CborConformanceMode.Strict);
            Assert.Equal(2, reader.ReadStartArray());
            Assert.Equal(7, reader.ReadInt32());
            Assert.Equal(5, reader.ReadStartArray());
            reader.SkipValue();
            int? bodies = reader.ReadStartArray();
            for (int i = 0; i < bodies; i++)
            {
                Assert.Equal(3, reader.ReadStartMap());
                for (int field = 0; field < 3; field++)
                {
                    Assert.Equal(field, reader.ReadInt32());
                    reader.SkipValue();
                }

                reader.ReadEndMap();
            }

            reader.ReadEndArray();
            Assert.Equal(bodies, reader.ReadStartArray());
            Assert.Equal(bodies, block.TransactionCount);
            for (int i = 0; i < bodies; i++)
            {
                reader.SkipValue();
            }

            reader.ReadEndArray();
            Assert.Equal(0, reader.ReadStartMap());
            reader.ReadEndMap();
            Assert.Equal(0, reader.ReadStartArray());
            reader.ReadEndArray();
            reader.ReadEndArray();
            reader.ReadEndArray();
            Assert.Equal(0, reader.BytesRemaining);
        }
    }

    [Fact]
    public void BodiesAreExactlyAsLongAsAsked()
    {
        // The first sizes one by one, where heads change their length, and the largest.
        IEnumerable<int> sizes = Enumerable.Range(300, 500)
            .Concat(Enumerable.Range(1_750, 100))
            .Concat(Enumerable.Range(65_536, 5))
            .Concat([12_000, 90_112, 1_999_999, 2_000_000]);

        foreach (int size in sizes)
        {
            ShouldBeExact(size);
        }
    }

    [Fact]
    public void BodiesAreExactlyAsLongAsAsked_WhateverIsAsked() => Seeds.ForEach(100, static random => ShouldBeExact(random.Next(300, 200_000)));

    [Fact]
    public void ForksOff_WhenGivenAParent()
    {
        Block parent = Make(10).Last();

        Block fork = Make(1, parent: new Tip(parent.Point, parent.BlockNumber)).Single();

        Assert.Equal((parent.Hash, parent.BlockNumber + 1), (fork.PreviousHash!.Value, fork.BlockNumber));
        Assert.True(fork.Slot > parent.Slot);
    }

    [Fact]
    public void TellsTheLastBlockMade()
    {
        ChainGenerator generator = new();
        Assert.Equal(Tip.Origin, generator.Tip);

        Block block = generator.Take(3).Last();

        Assert.Equal(new Tip(block.Point, 2), generator.Tip);
    }

    [Theory]
    [InlineData(299, 20)]
    [InlineData(2_000_001, 20)]
    [InlineData(300, 0)]
    public void RefusesOptions_WhenTheyAreOutOfRange(int bodyBytes, int gap) => Assert.Throws<ArgumentOutOfRangeException>(
        () => new ChainGenerator(new ChainGeneratorOptions { BodyBytes = bodyBytes, MeanSlotGap = gap }));

    private static void ShouldBeExact(int size)
    {
        Block block = new ChainGenerator(new ChainGeneratorOptions { BodyBytes = size }).Next();

        Assert.Equal((ulong)size, block.Header.ReadFields().BodySize);
        Assert.Equal(size, block.Size - 3 - block.Header.Size);
        Assert.Equal(BlockDefect.None, BlockVerifier.Verify(block, block.Point));
        CborReader reader = new(block.Memory, CborConformanceMode.Strict);
        reader.SkipValue();
        Assert.Equal(0, reader.BytesRemaining);
    }

    private static IEnumerable<Block> Make(int count, int seed = 1, Tip? parent = null) =>
        new ChainGenerator(new ChainGeneratorOptions { Seed = seed, Parent = parent ?? Tip.Origin }).Take(count);
}
