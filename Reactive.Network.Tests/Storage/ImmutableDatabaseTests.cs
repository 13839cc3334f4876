using Reactive.Network.Chain;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Storage;

/// <summary>Directories whole and damaged, each written anew into a temporary folder.</summary>
public sealed class ImmutableDatabaseTests : IDisposable
{
    private const int SlotsPerChunk = 100;

    /// <summary>30 blocks in chunks 0 to 2 at least.</summary>
    private static readonly Block[] Blocks = [.. Generate(30, gap: 8)];
    private static readonly ImmutableDatabaseOptions Unverified = new() { VerifyWholeUpToBytes = 0 };
    private static readonly int[] PerChunk = [.. Enumerable.Range(0, 3).Select(chunk => Blocks.Count(block => block.Slot / SlotsPerChunk == (ulong)chunk))];

    private readonly List<IDisposable> _open = [];

    public void Dispose() => _open.ForEach(static item => item.Dispose());

    [Fact]
    public void TakesTheParentFolder_WithItsMagic()
    {
        ImmutableFolder folder = Write();
        File.WriteAllText(Path.Combine(folder.Parent, "protocolMagicId"), "42\n");

        ImmutableDatabase database = Open(folder.Parent);

        Assert.Equal((folder.Path, new NetworkMagic(42), Blocks[^1].Point), (database.Directory, database.Magic!.Value, database.Tip.Point));
    }

    [Fact]
    public void HasNoMagic_WhenThereIsNoFile() => Assert.Null(Open(Write().Path).Magic);

    [Theory]
    [InlineData("")]
    [InlineData("mainnet")]
    [InlineData("4294967296")]
    [InlineData("-1")]
    public void RefusesToOpen_WhenTheMagicIsNoNumber(string text)
    {
        ImmutableFolder folder = Write();
        File.WriteAllText(Path.Combine(folder.Parent, "protocolMagicId"), text);

        Assert.Contains("protocolMagicId", Assert.Throws<ChainSourceException>(() => Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusesToOpen_WhenThereIsNoDirectoryOrNoChunk()
    {
        ImmutableFolder folder = Write();
        string empty = Directory.CreateDirectory(Path.Combine(folder.Parent, "empty")).FullName;

        Assert.Throws<ChainSourceException>(() => Open(Path.Combine(folder.Parent, "missing")));
        Assert.Contains("no chunk files", Assert.Throws<ChainSourceException>(() => Open(empty)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CompletesItsChangesAtOnce()
    {
        bool completed = false;

        using IDisposable subscription = Open(Write().Path).Changes.Subscribe(_ => { }, () => completed = true);

        Assert.True(completed);
    }

    [Fact]
    public void ServesNothing_WhenNoChunkHasABlock()
    {
        ImmutableDatabase database = Open(Write([]).Path);

        Assert.Null(database.Defect);
        Assert.Equal(Tip.Origin, database.Tip);
        Assert.Empty(database.HeadersAfter(Point.Origin));
    }

    [Fact]
    public void EndsBeforeTheLastChunk_WhenThatHasNoBlockYet()
    {
        ImmutableFolder folder = Write(Blocks, finishLast: true);
        foreach (string file in new[] { folder.Chunk(3), folder.Secondary(3), folder.Primary(3) })
        {
            File.Delete(file);
            File.WriteAllBytes(file, []);
        }

        foreach (ImmutableDatabaseOptions? options in new[] { null, Unverified })
        {
            ImmutableDatabase database = Open(folder.Path, options);

            Assert.Null(database.Defect);
            Assert.Equal(Blocks.Count(static block => block.Slot < 3 * SlotsPerChunk), database.HeadersAfter(Point.Origin).Count);
        }
    }

    [Fact]
    public void OriginIsBeforeTheFirstBlock_WhenThePieceBeginsInTheMiddle()
    {
        ImmutableFolder folder = Write();
        foreach (string file in new[] { folder.Chunk(0), folder.Secondary(0), folder.Primary(0) })
        {
            File.Delete(file);
        }

        ImmutableDatabase database = Open(folder.Path);

        Assert.Null(database.Defect);
        Assert.Equal(Blocks[PerChunk[0]].Point, database.HeadersAfter(Point.Origin)[0].Point);
        Assert.Null(database.ReadRange(Blocks[0].Point, Blocks[^1].Point));
    }

    // ---- beside a running node ----

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(55)]
    public void SeesNoDefect_WhenTheNodeIsWritingABlock(int entryBytes)
    {
        // One block in the chunk file without its entry, a part of the entry, and a primary index that lags behind.
        ImmutableFolder folder = Write(Blocks[..^1]);
        int last = (int)(Blocks[^1].Slot / SlotsPerChunk);
        long end = new FileInfo(folder.Chunk(last)).Length;
        ImmutableFolder.Append(folder.Chunk(last), Blocks[^1].Span);
        ImmutableFolder.Append(folder.Secondary(last), ImmutableFolder.Entry(Blocks[^1], end).AsSpan(0, entryBytes));
        ImmutableFolder.Shorten(folder.Primary(last), 8);

        ImmutableDatabase database = Open(folder.Path);

        Assert.Null(database.Defect);
        ShouldServe(database, Blocks.Length - 1);
    }

    [Fact]
    public void SeesNoDefect_WhenTheBlockBeingWrittenIsNotWhole()
    {
        ImmutableFolder folder = Write(Blocks[..^1]);
        ImmutableFolder.Append(folder.Chunk((int)(Blocks[^1].Slot / SlotsPerChunk)), Blocks[^1].Span[..100]);

        ImmutableDatabase database = Open(folder.Path);

        Assert.Null(database.Defect);
        ShouldServe(database, Blocks.Length - 1);
    }

    [Fact]
    public void ServesWhatItOpened_WhenTheNodeAppendsLater()
    {
        ImmutableFolder folder = Write(Blocks[..^1]);
        ImmutableDatabase database = Open(folder.Path);
        int last = (int)(Blocks[^1].Slot / SlotsPerChunk);
        ImmutableFolder.Append(folder.Secondary(last), ImmutableFolder.Entry(Blocks[^1], new FileInfo(folder.Chunk(last)).Length));
        ImmutableFolder.Append(folder.Chunk(last), Blocks[^1].Span);

        ShouldServe(database, Blocks.Length - 1);
        ShouldServe(Open(folder.Path), Blocks.Length);
    }

    // ---- slots per chunk ----

    [Fact]
    public void KnowsTheSlots_WhenAFinishedChunkSaysThem()
    {
        Assert.Equal(SlotsPerChunk, Open(Write().Path, new ImmutableDatabaseOptions { SlotsPerChunk = 21_600 }).SlotsPerChunk);
        Assert.Equal(SlotsPerChunk, Open(Write(Blocks[..3], finishLast: true).Path).SlotsPerChunk);
    }

    [Fact]
    public void TakesTheSlotsOfTheOption_WhenChunkZeroIsInTheMaking()
    {
        // Its index, read as that of a finished chunk, would tell the last slot.
        ImmutableDatabase database = Open(Write(Blocks[..3]).Path, new ImmutableDatabaseOptions { SlotsPerChunk = SlotsPerChunk });

        Assert.Equal(SlotsPerChunk, database.SlotsPerChunk);
        ShouldServe(database, 3);
    }

    [Fact]
    public void TakesTheSlotsOfAKnownNetwork_WhenNoIndexTellsThem()
    {
        Block[] blocks = [.. Generate(5, gap: 8, new Tip(new Point(4_320 * 7, Blocks[0].Hash), 50))];

        ImmutableDatabase database = Open(Write(blocks, 4_320).Path);

        Assert.Equal(4_320, database.SlotsPerChunk);
        ShouldServe(database, blocks);
    }

    [Fact]
    public void RefusesToOpen_WhenTheSlotsCannotBeTold()
    {
        ImmutableFolder folder = Write([.. Generate(5, gap: 8, new Tip(new Point(777 * 7, Blocks[0].Hash), 50))], 777);

        Assert.Contains("slots per chunk", Assert.Throws<ChainSourceException>(() => Open(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Equal(777, Open(folder.Path, new ImmutableDatabaseOptions { SlotsPerChunk = 777 }).SlotsPerChunk);
    }

    [Fact]
    public void Opens_WhenTheLastEntryOfTheFirstChunkIsGarbage()
    {
        Block[] blocks = [.. Generate(5, gap: 8, new Tip(new Point(4_320 * 7, Blocks[0].Hash), 50))];
        ImmutableFolder folder = Write(blocks, 4_320);
        ImmutableFolder.Edit(folder.Secondary(7), static bytes => [.. bytes[..^56], .. Enumerable.Repeat((byte)0xAA, 56)]);

        ImmutableDatabase database = Open(folder.Path);

        // The entry before it ends where the garbage says that the next one starts.
        ShouldServe(database, blocks[..3]);
        Assert.Equal((ImmutableDefectKind.MissingBytes, 3), (database.Defect!.Kind, database.Defect.Entry));
    }

    // ---- damage, found on opening ----

    public static TheoryData<ImmutableDefectKind, string, int, int> Damages => new()
    {
        // kind, what is done, good blocks of chunk 1, entry named
        { ImmutableDefectKind.MissingFile, "chunk missing", 0, 0 },
        { ImmutableDefectKind.MissingFile, "index missing", 0, 0 },
        { ImmutableDefectKind.Unreadable, "index is a folder", 0, 0 },
        { ImmutableDefectKind.WrongCrc, "chunk cut inside a block", -1, -1 },
        { ImmutableDefectKind.MissingBytes, "chunk cut before a block", -1, -1 },
        { ImmutableDefectKind.WrongCrc, "bit in body", 2, 2 },
        { ImmutableDefectKind.WrongCrc, "bit in crc", 2, 2 },
        { ImmutableDefectKind.WrongEntry, "offset back", 1, 1 },
        { ImmutableDefectKind.WrongEntry, "slot elsewhere", 2, 2 },
        { ImmutableDefectKind.WrongEntry, "slot not the block's", 2, 2 },
        { ImmutableDefectKind.WrongEntry, "header beyond block", 2, 2 },
        { ImmutableDefectKind.WrongHash, "bit in hash", 2, 2 },
        { ImmutableDefectKind.MalformedBlock, "no block", 2, 2 },
        { ImmutableDefectKind.MalformedBlock, "no header", 2, 2 },
        { ImmutableDefectKind.BrokenLink, "entry of another chain", 2, 2 },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void ServesThePrefix_WhenAChunkIsDamaged(ImmutableDefectKind kind, string damage, int good, int entry)
    {
        ImmutableFolder folder = Write();
        good = good < 0 ? PerChunk[1] - 1 : good;
        entry = entry < 0 ? PerChunk[1] - 1 : entry;
        Damage(folder, damage);

        ImmutableDatabase database = Open(folder.Path);

        ImmutableDefect defect = Assert.IsType<ImmutableDefect>(database.Defect);
        Assert.Equal((kind, entry), (defect.Kind, defect.Entry));
        Assert.StartsWith(Path.Combine(folder.Path, "00001."), defect.File, StringComparison.Ordinal);
        Assert.Equal($"{defect.File}: entry {entry}: {defect.Reason}", defect.ToString());
        Assert.NotEmpty(defect.Reason);
        ShouldServe(database, PerChunk[0] + good);
    }

    [Fact]
    public void ServesPastIt_WhenAFinishedIndexEndsInsideAnEntry()
    {
        ImmutableFolder folder = Write();
        ImmutableFolder.Append(folder.Secondary(1), new byte[17]);

        ImmutableDatabase database = Open(folder.Path);

        Assert.Equal((ImmutableDefectKind.PartialEntry, PerChunk[1]), (database.Defect!.Kind, database.Defect.Entry));
        ShouldServe(database, Blocks.Length);
    }

    [Fact]
    public void ServesEachBlockWithoutThem_WhenAFinishedChunkHasBytesWithoutAnEntry()
    {
        ImmutableFolder folder = Write();
        ImmutableFolder.Append(folder.Chunk(1), new byte[100]);

        ImmutableDatabase database = Open(folder.Path);

        Assert.Equal((ImmutableDefectKind.BytesWithoutEntry, PerChunk[1]), (database.Defect!.Kind, database.Defect.Entry));
        ShouldServe(database, Blocks.Length);
    }

    [Fact]
    public void EndsWithTheLastEntry_WhenAFinishedIndexIsCutShort()
    {
        ImmutableFolder folder = Write();
        ImmutableFolder.Shorten(folder.Secondary(1), ImmutableFolder.EntrySize);

        ImmutableDatabase database = Open(folder.Path);

        Assert.Equal((ImmutableDefectKind.BytesWithoutEntry, PerChunk[1] - 1), (database.Defect!.Kind, database.Defect.Entry));
        ShouldServe(database, PerChunk[0] + PerChunk[1] - 1);
    }

    [Fact]
    public void NamesTheMissingChunk_WhenLaterOnesAreThere()
    {
        ImmutableFolder folder = Write();
        File.Delete(folder.Chunk(1));
        File.Delete(folder.Secondary(1));
        File.Delete(folder.Primary(1));

        foreach (ImmutableDatabaseOptions? options in new[] { null, Unverified })
        {
            ImmutableDatabase database = Open(folder.Path, options);

            Assert.Equal((ImmutableDefectKind.MissingFile, folder.Chunk(1)), (database.Defect!.Kind, database.Defect.File));
            ShouldServe(database, PerChunk[0]);
        }
    }

    [Fact]
    public void ServesUpToTheEnd_WhenOnlyTheEndOfALargeDirectoryIsDamaged()
    {
        ImmutableFolder folder = Write();
        int last = (int)(Blocks[^1].Slot / SlotsPerChunk);
        ImmutableFolder.Flip(folder.Chunk(last), (int)new FileInfo(folder.Chunk(last)).Length - 5);

        ImmutableDatabase database = Open(folder.Path, Unverified);

        Assert.Equal((ImmutableDefectKind.WrongCrc, folder.Chunk(last)), (database.Defect!.Kind, database.Defect.File));
        ShouldServe(database, Blocks.Length - 1);
    }

    [Fact]
    public void LookedAtFromAnyByte_ADamagedDirectoryServesAPrefix()
    {
        // Any bit of any file, and any length of the last files: what is served is a prefix, byte for byte, and opening never fails.
        Seeds.ForEach(40, random =>
        {
            using ImmutableFolder folder = new(Blocks, SlotsPerChunk);
            int chunk = random.Next(3);
            string file = random.Next(2) == 0 ? folder.Chunk(chunk) : folder.Secondary(chunk);
            int length = (int)new FileInfo(file).Length;
            if (random.Next(3) == 0)
            {
                ImmutableFolder.Shorten(file, random.Next(length));
            }
            else
            {
                ImmutableFolder.Flip(file, random.Next(length));
            }

            using ImmutableDatabase database = ImmutableDatabase.Open(folder.Path);

            int good = database.HeadersAfter(Point.Origin).Count;
            Assert.NotNull(database.Defect);
            Assert.InRange(good, Enumerable.Range(0, chunk).Sum(number => PerChunk[number]), Blocks.Length - 1);
            ShouldServe(database, good);
        });
    }

    // ---- damage and loss, found while reading ----

    [Theory]
    [InlineData("bit in body", "00001.chunk: entry 2: the CRC-32")]
    [InlineData("bit in hash", "00001.secondary: entry 2: the hash of the block")]
    [InlineData("no block", "00001.chunk: entry 2: the bytes are no")]
    [InlineData("no header", "00001.chunk: entry 2: the header cannot be read")]
    [InlineData("entry of another chain", "00001.chunk: entry 2: the block does not follow")]
    [InlineData("index cut", "00002.chunk: entry 0: the block does not follow")]
    [InlineData("index missing", "00001.secondary: entry 0: the file is missing")]
    [InlineData("chunk missing", "00001.chunk: entry 0: the file is missing")]
    public void DeliversWhatIsGoodAndNamesThePlace_WhenAnUnverifiedChunkIsDamaged(string damage, string expected)
    {
        ImmutableFolder folder = Write();
        PoisoningArrayPool arrays = new();
        ImmutableDatabase database = Keep(ImmutableDatabase.Open(folder.Path, Unverified, arrays));
        int good = damage switch { "index cut" => PerChunk[0] + PerChunk[1] - 1, "index missing" or "chunk missing" => PerChunk[0], _ => PerChunk[0] + 2 };
        Damage(folder, damage);

        // A header whose body is damaged is a good header: the body is for those who fetch it. And a block whose bytes are right may stand elsewhere.
        bool isSeenInHeaders = damage != "bit in body";
        bool isSeenInBlocks = damage is not ("bit in hash" or "no block" or "no header" or "entry of another chain");
        Assert.Null(database.Defect);
        if (isSeenInHeaders)
        {
            using IChainCursor cursor = database.Follow();
            cursor.TakeRollBack();
            Assert.Equal(Blocks[good - 1].Point, cursor.TakeForward(good)[^1].Point);
            Assert.Contains(expected, Assert.Throws<ChainSourceException>(() => cursor.TryNext(out _)).Message, StringComparison.Ordinal);
            Assert.Contains(expected, Assert.Throws<ChainSourceException>(() => cursor.TryNext(out _)).Message, StringComparison.Ordinal);
        }

        if (isSeenInBlocks)
        {
            using IBlockCursor range = database.ReadRange(Blocks[0].Point, Blocks[^1].Point)!;
            for (int i = 0; i < good; i++)
            {
                Assert.True(range.TryNext(out Block block));
                Assert.Equal(Blocks[i].Hash, block.Hash);
                block.Dispose();
            }

            Assert.Contains(expected, Assert.Throws<ChainSourceException>(() => range.TryNext(out _)).Message, StringComparison.Ordinal);
        }

        Assert.Equal(0, arrays.Outstanding);
    }

    [Fact]
    public void EndsWithTheFileName_WhenTheDirectoryVanishesWhileServed()
    {
        ImmutableFolder folder = Write();
        ImmutableDatabase database = Open(folder.Path);
        using IChainCursor cursor = database.Follow();
        cursor.TakeRollBack();
        Directory.Delete(folder.Path, recursive: true);

        ChainSourceException gone = Assert.Throws<ChainSourceException>(() => cursor.TryNext(out _));

        Assert.Equal(Fault.Local, gone.Fault);
        Assert.Contains("00000.secondary: entry 0: the file is missing", gone.Message, StringComparison.Ordinal);
        Assert.Throws<ChainSourceException>(() => database.ReadRange(Blocks[0].Point, Blocks[1].Point));
        Assert.Throws<ChainSourceException>(() => cursor.FindIntersect([Blocks[3].Point]));
    }

    [Fact]
    public void EndsWithTheFileName_WhenTheLastChunkWasCutWhileServed()
    {
        ImmutableFolder folder = Write();
        ImmutableDatabase database = Open(folder.Path);
        int last = (int)(Blocks[^1].Slot / SlotsPerChunk);
        ImmutableFolder.Shorten(folder.Chunk(last), 10);

        Assert.Contains(
            "shorter than it was",
            Assert.Throws<ChainSourceException>(() => database.ReadRange(Blocks[^1].Point, Blocks[^1].Point)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void EndsItsClients_WhenItIsDisposed()
    {
        ImmutableDatabase database = Open(Write().Path);
        using IChainCursor cursor = database.Follow();
        cursor.TakeRollBack();

        database.Dispose();

        Assert.Contains("closed", Assert.Throws<ChainSourceException>(() => cursor.TryNext(out _)).Message, StringComparison.Ordinal);
    }

    // ---- memory ----

    [Fact]
    public void HoldsOneBufferAClient_HoweverLargeTheDirectory()
    {
        // 8 MB of blocks in 40 chunks, read by two clients of each kind that take turns.
        Block[] blocks = [.. new ChainGenerator(new ChainGeneratorOptions { MeanSlotGap = 8, BodyBytes = 20_000 }).Take(400)];
        PoisoningArrayPool arrays = new();
        ImmutableDatabase database = Keep(ImmutableDatabase.Open(Write(blocks).Path, Unverified, arrays));
        IBlockCursor[] ranges = [.. Enumerable.Range(0, 2).Select(_ => database.ReadRange(blocks[0].Point, blocks[^1].Point)!)];
        IChainCursor[] followers = [.. Enumerable.Range(0, 2).Select(_ => database.Follow())];

        for (int i = 0; i < blocks.Length; i++)
        {
            foreach (IBlockCursor range in ranges)
            {
                Assert.True(range.TryNext(out Block block));
                block.Dispose();
            }

            foreach (IChainCursor follower in followers)
            {
                Assert.True(follower.TryNext(out ChainStep step));
                step.RollForward?.Dispose();
            }
        }

        Assert.InRange(arrays.PeakBytes, 1, 2 * ((256 + 64) * 1024));
    }

    private static IEnumerable<Block> Generate(int count, int gap, Tip? parent = null) => new ChainGenerator(
        new ChainGeneratorOptions { Seed = 5, MeanSlotGap = gap, BodyBytes = 1_000, Parent = parent ?? Tip.Origin }).Take(count);

    private static void Damage(ImmutableFolder folder, string damage)
    {
        string chunk = folder.Chunk(1);
        string index = folder.Secondary(1);
        const int Entry = 2 * ImmutableFolder.EntrySize;
        int block = Blocks[PerChunk[0]].Size + Blocks[PerChunk[0] + 1].Size;
        switch (damage)
        {
            case "chunk missing":
                File.Delete(chunk);
                break;
            case "index missing":
                File.Delete(index);
                break;
            case "index is a folder":
                File.Delete(index);
                Directory.CreateDirectory(index);
                break;
            case "chunk cut inside a block":
                ImmutableFolder.Shorten(chunk, 1);
                break;
            case "chunk cut before a block":
                ImmutableFolder.Shorten(chunk, Blocks[PerChunk[0] + PerChunk[1] - 1].Size);
                break;
            case "index cut":
                ImmutableFolder.Shorten(index, ImmutableFolder.EntrySize);
                break;
            case "bit in body":
                ImmutableFolder.Flip(chunk, block + 1_200);
                break;
            case "bit in crc":
                ImmutableFolder.Flip(index, Entry + 12);
                break;
            case "bit in hash":
                ImmutableFolder.Flip(index, Entry + 20);
                break;
            case "offset back":
                // The second block then ends before it starts.
                ImmutableFolder.Edit(index, static bytes =>
                {
                    bytes.AsSpan(Entry, 8).Clear();
                    return bytes;
                });
                break;
            case "slot elsewhere":
                ImmutableFolder.Edit(index, static bytes =>
                {
                    bytes[Entry + 53] = 9;
                    return bytes;
                });
                break;
            case "slot not the block's":
                ImmutableFolder.Flip(index, Entry + 55);
                break;
            case "header beyond block":
                ImmutableFolder.Edit(index, static bytes =>
                {
                    bytes[Entry + 8] = 0xF0;
                    return bytes;
                });
                break;
            case "no block":
                Replace(chunk, index, block, static bytes => bytes[0] = 0x83);
                break;
            case "no header":
                Replace(chunk, index, block, static bytes => bytes[3] = 0x80);
                break;
            case "entry of another chain":
                ReplaceByOther(chunk, index, block);
                break;
            default:
                throw new ArgumentException(damage);
        }
    }

    /// <summary>Changes the third block of chunk 1, and its CRC with it.</summary>
    private static void Replace(string chunk, string index, int offset, Action<byte[]> change)
    {
        byte[] block = Blocks[PerChunk[0] + 2].Span.ToArray();
        change(block);
        Put(chunk, index, offset, block, hash: null);
    }

    /// <summary>Puts a block of the same length in the place of the third block of chunk 1, with an entry of its own: all fits but the link.</summary>
    private static void ReplaceByOther(string chunk, string index, int offset)
    {
        Block third = Blocks[PerChunk[0] + 2];
        byte[] other = third.Span.ToArray();
        int previous = other.AsSpan().IndexOf(third.PreviousHash!.Value.AsSpan());
        other[previous] ^= 1;
        Put(chunk, index, offset, other, Block.FromMemory(other).Hash);
    }

    private static void Put(string chunk, string index, int offset, byte[] block, BlockHash? hash)
    {
        ImmutableFolder.Edit(chunk, bytes =>
        {
            block.CopyTo(bytes, offset);
            return bytes;
        });
        ImmutableFolder.Edit(index, bytes =>
        {
            Span<byte> entry = bytes.AsSpan(2 * ImmutableFolder.EntrySize, ImmutableFolder.EntrySize);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(entry[12..], System.IO.Hashing.Crc32.HashToUInt32(block));
            hash?.AsSpan().CopyTo(entry[16..]);
            return bytes;
        });
    }

    private static void ShouldServe(ImmutableDatabase database, int count) => ShouldServe(database, Blocks[..count]);

    /// <summary>Exactly these blocks, as headers and byte for byte.</summary>
    private static void ShouldServe(ImmutableDatabase database, Block[] blocks)
    {
        Assert.Equal(blocks.Select(static block => block.Point), database.HeadersAfter(Point.Origin).Select(static header => header.Point));
        Assert.Equal(blocks.Length == 0 ? Point.Origin : blocks[^1].Point, database.Tip.Point);
        if (blocks.Length > 0)
        {
            Assert.True(database.Blocks(blocks[0].Point, blocks[^1].Point).Bytes().AsSpan().SequenceEqual(blocks.Bytes()));
        }
    }

    private ImmutableFolder Write(Block[]? blocks = null, int slotsPerChunk = SlotsPerChunk, bool finishLast = false) =>
        Keep(new ImmutableFolder(blocks ?? Blocks, slotsPerChunk, finishLast));

    private ImmutableDatabase Open(string path, ImmutableDatabaseOptions? options = null) => Keep(ImmutableDatabase.Open(path, options));

    private T Keep<T>(T item)
        where T : IDisposable
    {
        _open.Insert(0, item);
        return item;
    }
}
