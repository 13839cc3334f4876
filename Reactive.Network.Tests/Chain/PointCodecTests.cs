using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;

namespace Reactive.Network.Tests.Chain;

public class PointCodecTests
{
    private const string Hash = "f8084c61b6a238acec985b59310b6ecec49c0ab8352249afd7268da5cff2a457";
    private static readonly Point Block = new(4_492_799, BlockHash.Parse(Hash));

    [Fact]
    public void ReadsAndWritesTheSpecBytes_WhenThereIsABlock()
    {
        Assert.Equal($"821a00448dff5820{Hash}", Write(Block));
        Assert.Equal(Block, Read($"821a00448dff5820{Hash}"));
    }

    [Fact]
    public void ReadsAndWritesAnEmptyArray_WhenAtOrigin()
    {
        Assert.Equal("80", Write(Point.Origin));
        Assert.Equal(Point.Origin, Read("80"));
    }

    [Fact]
    public void ReadsAnyWidth_WhenTheSlotIsWrittenLong() => Assert.Equal(Block, Read($"821b0000000000448dff5820{Hash}"));

    [Theory]
    [InlineData("8100")]
    [InlineData("9fff")]
    [InlineData("8200")]
    [InlineData("82004100")]
    [InlineData("f6")]
    [InlineData("")]
    [InlineData("8220" + "5820" + Hash)]
    [InlineData("8300" + "5820" + Hash + "00")]
    [InlineData("8200" + "581f" + Hash)]
    public void Refuses_WhenItIsNoPoint(string hex) => Assert.Throws<CodecException>(() => Read(hex));

    private static string Write(Point point)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new CborSpanWriter(output);
        PointCodec.Write(ref writer, point);
        return Convert.ToHexStringLower(output.WrittenSpan);
    }

    private static Point Read(string hex)
    {
        var reader = new CborSpanReader(Convert.FromHexString(hex));
        Point point = PointCodec.Read(ref reader);
        reader.ReadEnd();
        return point;
    }
}
