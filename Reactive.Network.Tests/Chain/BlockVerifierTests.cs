using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Chain;

public class BlockVerifierTests
{
    /// <summary>Positions tried in each block; all of them where it is that short.</summary>
    private const int Samples = 60;

    [Fact]
    public void FindsNothing_WhenTheBlockIsReal()
    {
        foreach (RealItem item in RealChain.Blocks())
        {
            Block block = Block.FromMemory(item.Bytes);

            Assert.Equal((item.File, BlockDefect.None), (item.File, BlockVerifier.Verify(block, item.Point)));
            Assert.Equal(BlockDefect.None, BlockVerifier.Verify(block, block.Header));
            Assert.Equal(BlockDefect.None, BlockVerifier.Verify(block, item.Point, item.Era));
            Assert.Equal(BlockDefect.WrongHeader, BlockVerifier.Verify(block, item.Point, item.Era + 1));
            Assert.Equal(BlockDefect.WrongHeader, BlockVerifier.Verify(block, new Point(item.Slot + 1, item.Hash)));
            Assert.Equal(BlockDefect.WrongHeader, BlockVerifier.Verify(block, new Point(item.Slot, default)));
            Assert.Equal(BlockDefect.WrongHeader, BlockVerifier.Verify(block, Header.FromMemory(new byte[] { 0x80 }, item.Era)));
        }
    }

    [Fact]
    public void FindsTheSame_WhenManyAreCheckedTogether()
    {
        int seed = new Random().Next();
        var random = new Random(seed);
        RealItem[] items = [.. RealChain.Blocks()];
        for (int round = 0; round < 200; round++)
        {
            BlockClaim[] claims = [.. random.GetItems(items, random.Next(1, BlockVerification.MaxBlocks + 1)).Select(item => Claim(item, random))];
            var together = new BlockDefect[claims.Length];

            BlockVerifier.VerifyAll(claims, together);

            BlockDefect[] alone = [.. claims.Select(static claim => claim.Era is { } era
                ? BlockVerifier.Verify(claim.Block, claim.Announced, era)
                : BlockVerifier.Verify(claim.Block, claim.Announced))];
            Assert.True(alone.SequenceEqual(together), $"seed {seed}, round {round}: {string.Join(' ', alone)}, not {string.Join(' ', together)}");
        }
    }

    /// <summary>A third of them whole, the others changed in one place, or said to be something else.</summary>
    private static BlockClaim Claim(RealItem item, Random random)
    {
        byte[] bytes = [.. item.Bytes];
        switch (random.Next(6))
        {
            case 0:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                return new BlockClaim(Block.FromMemory(bytes), new Point(item.Slot + 1, item.Hash), item.Era);
            case 2:
                return new BlockClaim(Block.FromMemory(bytes.AsMemory(0, random.Next(bytes.Length))), item.Point, null);
            case 3:
                return new BlockClaim(Block.FromMemory(bytes), item.Point, item.Era + random.Next(2));
        }

        return new BlockClaim(Block.FromMemory(bytes), item.Point, random.Next(2) == 0 ? item.Era : null);
    }

    [Fact]
    public void FindsIt_WhenOneByteOfTheBodyIsChanged()
    {
        var random = new Random(1);
        foreach (RealItem item in RealChain.Blocks())
        {
            Header header = Block.FromMemory(item.Bytes).Copy().Header;
            int[] committed = CommittedBytes(item, header);
            byte[] bytes = [.. item.Bytes];
            foreach (int at in committed.Length <= Samples ? committed : random.GetItems(committed, Samples))
            {
                byte was = bytes[at];
                bytes[at] ^= (byte)(1 << random.Next(8));
                BlockDefect defect = BlockVerifier.Verify(Block.FromMemory(bytes), header);

                Assert.True(defect is BlockDefect.Malformed or BlockDefect.WrongBodyHash, $"{item.File}: {defect} after a change at {at}");
                bytes[at] = was;
            }
        }
    }

    [Fact]
    public void FindsIt_WhenTheHeaderIsChanged()
    {
        foreach (RealItem item in RealChain.Blocks())
        {
            byte[] bytes = [.. item.Bytes];
            bytes[3 + (Block.FromMemory(item.Bytes).Header.Size / 2)] ^= 1;

            Assert.Contains(BlockVerifier.Verify(Block.FromMemory(bytes), item.Point), new[] { BlockDefect.WrongHeader, BlockDefect.Malformed });
        }
    }

    [Fact]
    public void FindsIt_WhenTheBodyIsLongerOrShorter()
    {
        foreach (RealItem item in RealChain.Blocks())
        {
            BlockDefect expected = item.Era <= Era.Byron ? BlockDefect.Malformed : BlockDefect.WrongBodySize;

            Assert.Equal(expected, BlockVerifier.Verify(Block.FromMemory((byte[])[.. item.Bytes, 0xf6]), item.Point));
            Assert.Equal(expected, BlockVerifier.Verify(Block.FromMemory(item.Bytes.AsMemory(0, item.Bytes.Length - 1)), item.Point));
        }
    }

    [Fact]
    public void FindsIt_WhenTheTagIsOfAnotherEraAndTheEraIsKnown()
    {
        foreach (RealItem item in RealChain.Blocks().Where(static item => item.Era >= Era.Shelley))
        {
            Header header = Block.FromMemory(item.Bytes).Header;
            for (byte tag = 0; tag < 12; tag++)
            {
                if ((Era)tag != item.Era)
                {
                    byte[] bytes = [.. item.Bytes];
                    bytes[1] = tag;

                    Assert.Contains(BlockVerifier.Verify(Block.FromMemory(bytes), header), new[] { BlockDefect.WrongHeader, BlockDefect.Malformed });
                }
            }
        }
    }

    [Fact]
    public void ChecksTheHeaderOnly_WhenTheBodyIsOpaque()
    {
        foreach (RealItem item in RealChain.Blocks().Where(static item => item.Era == Era.Conway))
        {
            foreach (byte tag in new byte[] { 8, 9 })
            {
                byte[] bytes = [.. item.Bytes];
                bytes[1] = tag;
                bytes[^1] ^= 1;

                Assert.Equal(BlockDefect.None, BlockVerifier.Verify(Block.FromMemory(bytes), item.Point, (Era)tag));
                bytes[20] ^= 1;
                Assert.Equal(BlockDefect.WrongHeader, BlockVerifier.Verify(Block.FromMemory(bytes), item.Point, (Era)tag));
            }
        }
    }

    [Fact]
    public void NeverThrows_WhenBytesAreGarbage()
    {
        byte[][] seeds = [.. RealChain.Blocks().Where(static item => item.Bytes.Length < 3_000).Select(static item => item.Bytes)];
        Seeds.ForEach(3_000, random =>
        {
            byte[] bytes = [.. seeds[random.Next(seeds.Length)]];
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                bytes[random.Next(Math.Min(bytes.Length, random.Next(2) == 0 ? 12 : 3_000))] = (byte)random.Next(256);
            }

            ReadOnlyMemory<byte> cut = bytes.AsMemory(0, random.Next(3) == 0 ? random.Next(bytes.Length) : bytes.Length);
            Block block = Block.FromMemory(cut);
            block.TryHash(out BlockHash hash);
            BlockVerifier.Verify(block, new Point(0, hash));
            if (hash != default && block.Header.TryReadFields(out HeaderFields fields))
            {
                BlockVerifier.Verify(block, new Point(fields.Slot, hash));
            }
        });
    }

    [Fact]
    public void AllocatesNothing_WhenTheBlockIsGood()
    {
        foreach (RealItem item in RealChain.Blocks().DistinctBy(static item => item.Era))
        {
            Block block = Block.FromMemory(item.Bytes);
            Point point = item.Point;
            BlockVerifier.Verify(block, point);
            long before = GC.GetAllocatedBytesForCurrentThread();

            BlockVerifier.Verify(block, point);

            Assert.Equal((item.File, 0L), (item.File, GC.GetAllocatedBytesForCurrentThread() - before));
        }
    }

    /// <summary>Where the bytes are, behind the header, that the header commits to.</summary>
    private static int[] CommittedBytes(RealItem item, Header header)
    {
        int start = 3 + header.Size;
        int[] body = [.. Enumerable.Range(start, item.Bytes.Length - start)];
        switch (item.Era)
        {
            case Era.ByronBoundary:
                // Not the extra data: here the last two bytes.
                return body[..^2];
            case Era.Byron:
                // Not the shared-seed payload: the second of the four parts.
                var reader = new CborSpanReader(item.Bytes.AsSpan(start));
                reader.ReadArrayHeader();
                reader.SkipItem();
                int seed = reader.Position;
                reader.SkipItem();
                return [.. body[..seed], .. body[reader.Position..]];
            default:
                return body;
        }
    }
}
