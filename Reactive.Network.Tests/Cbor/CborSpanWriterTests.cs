using System.Buffers;
using System.Formats.Cbor;
using Reactive.Network.Cbor;

namespace Reactive.Network.Tests.Cbor;

public class CborSpanWriterTests
{
    [Fact]
    public void WritesWhatTheOracleWrites_WhenHeadsChangeWidth()
    {
        foreach (ulong value in new ulong[]
            { 0, 1, 23, 24, 255, 256, 65_535, 65_536, uint.MaxValue, (ulong)uint.MaxValue + 1, ulong.MaxValue })
        {
            var oracle = new CborWriter(CborConformanceMode.Lax, allowMultipleRootLevelValues: true);
            oracle.WriteUInt64(value);
            oracle.WriteTag((CborTag)value);
            oracle.WriteNull();
            var output = new ArrayBufferWriter<byte>();
            var writer = new CborSpanWriter(output);
            writer.WriteUInt(value);
            writer.WriteTag(value);
            writer.WriteNull();

            Assert.Equal(oracle.Encode(), output.WrittenSpan.ToArray());
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(23)]
    [InlineData(24)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(70_000)]
    public void WritesWhatTheOracleWrites_WhenStringsGrow(int length)
    {
        var oracle = new CborWriter();
        oracle.WriteStartArray(4);
        oracle.WriteByteString(new byte[length]);
        oracle.WriteTextString(new string('é', length));
        oracle.WriteBoolean(true);
        oracle.WriteBoolean(false);
        oracle.WriteEndArray();
        var output = new ArrayBufferWriter<byte>();
        var writer = new CborSpanWriter(output);
        writer.WriteArrayHeader(4);
        writer.WriteByteString(new byte[length]);
        writer.WriteText(new string('é', length));
        writer.WriteBool(true);
        writer.WriteBool(false);

        Assert.Equal(oracle.Encode(), output.WrittenSpan.ToArray());
    }

    [Fact]
    public void Refuses_WhenAnArgumentIsWrong()
    {
        var output = new ArrayBufferWriter<byte>();

        Assert.Throws<ArgumentOutOfRangeException>(() => new CborSpanWriter(output).WriteArrayHeader(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CborSpanWriter(output).WriteByteStringHeader(-1));
        Assert.Throws<ArgumentNullException>(() => new CborSpanWriter(output).WriteText(null!));
        Assert.ThrowsAny<ArgumentException>(() => new CborSpanWriter(output).WriteText("\ud800"));
    }
}
