using Reactive.Network.Chain;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Storage;

/// <summary>The recorded pieces, served whole.</summary>
public class ImmutableDatabasePieceTests
{
    public static TheoryData<string> Good => ChainPieces.Good;

    [Theory]
    [MemberData(nameof(Good))]
    public void ServesEveryByteInOrder_WhenThePieceIsGood(string name)
    {
        ChainPiece piece = ChainPieces.Load(name);
        PoisoningArrayPool arrays = new();
        using ImmutableDatabase database = ImmutableDatabase.Open(piece.Directory, null, arrays);

        List<Header> headers = database.HeadersAfter(Point.Origin);
        List<Block> blocks = database.Blocks(headers[0].Point, headers[^1].Point);

        Assert.Null(database.Defect);
        Assert.Equal(piece.SlotsPerChunk, database.SlotsPerChunk);
        Assert.Equal(piece.Last, database.Tip);
        Assert.Equal(piece.First, headers[0].Point);
        Assert.Equal(piece.Last.Point, headers[^1].Point);
        Assert.Equal(piece.Blocks, headers.Count);
        Assert.True(piece.ReadChunks().AsSpan().SequenceEqual(blocks.Bytes()));
        Assert.Equal(headers.Select(Describe), blocks.Select(static block => Describe(block.Header)));
        Assert.Equal(0, arrays.Outstanding);
    }

    [Theory]
    [MemberData(nameof(Good))]
    public void BlocksAreWhatTheirHeadersSay_WhenThePieceIsGood(string name)
    {
        ChainPiece piece = ChainPieces.Load(name);
        using ImmutableDatabase database = ImmutableDatabase.Open(piece.Directory);

        List<Block> blocks = database.Blocks(piece.First, piece.Last.Point);

        Assert.All(blocks, static block => Assert.Equal(BlockDefect.None, BlockVerifier.Verify(block, block.Point)));
        Assert.All(blocks.Zip(blocks.Skip(1)), static pair => Assert.Equal(pair.First.Hash, pair.Second.PreviousHash));
    }

    [Theory]
    [InlineData("damaged-preprod-02019", 5, ImmutableDefectKind.MissingBytes, "02019.chunk", 5)]
    [InlineData("damaged-preview-10366", 25, ImmutableDefectKind.BytesWithoutEntry, "10366.secondary", 25)]
    [InlineData("damaged-sanchonet-04831", 0, ImmutableDefectKind.WrongCrc, "04831.chunk", 0)]
    public void ServesTheGoodPrefix_WhenThePieceIsDamaged(string name, int good, ImmutableDefectKind kind, string file, int entry)
    {
        string directory = DataFolder.Path("chain", name);
        using ImmutableDatabase database = ImmutableDatabase.Open(directory);

        List<Header> headers = database.HeadersAfter(Point.Origin);

        ImmutableDefect defect = Assert.IsType<ImmutableDefect>(database.Defect);
        Assert.Equal((kind, Path.Combine(directory, file), entry), (defect.Kind, defect.File, defect.Entry));
        Assert.Equal(good, headers.Count);
        Assert.Equal(good == 0 ? Point.Origin : headers[^1].Point, database.Tip.Point);
        if (good > 0)
        {
            byte[] bytes = database.Blocks(headers[0].Point, headers[^1].Point).Bytes();
            Assert.True(File.ReadAllBytes(Directory.GetFiles(directory, "*.chunk").Single()).AsSpan().StartsWith(bytes));
        }
    }

    private static string Describe(Header header) => $"{header.Era} {header.ByronSizeHint} {Convert.ToHexStringLower(header.Span)}";
}
