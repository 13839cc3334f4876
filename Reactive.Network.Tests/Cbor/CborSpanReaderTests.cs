using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Cbor;

public class CborSpanReaderTests
{
    private delegate void Reading(ref CborSpanReader reader);

    [Fact]
    public void ReadsWhatWasWritten_WhenValuesAreRandom() => Seeds.ForEach(500, static random =>
    {
        ulong number = (ulong)random.NextInt64() >> random.Next(64);
        byte[] bytes = new byte[random.Next(400)];
        random.NextBytes(bytes);
        string text = new('ä', random.Next(300));
        var output = new ArrayBufferWriter<byte>();
        var writer = new CborSpanWriter(output);
        writer.WriteArrayHeader(8);
        writer.WriteUInt(number);
        writer.WriteByteString(bytes);
        writer.WriteText(text);
        writer.WriteBool(number % 2 == 0);
        writer.WriteNull();
        writer.WriteTag(number);
        writer.WriteIndefiniteArrayHeader();
        writer.WriteUInt(1);
        writer.WriteBreak();
        writer.WriteMapHeader(1);
        writer.WriteUInt(ushort.MaxValue);
        writer.WriteUInt(uint.MaxValue);
        writer.WriteRaw([0x19, 0x00, 0x07]);

        Assert.Equal(output.WrittenCount, RandomCbor.OracleLength(output.WrittenSpan.ToArray()));
        var reader = new CborSpanReader(output.WrittenSpan);
        Assert.Equal(8, reader.ReadArrayHeader());
        Assert.Equal(CborMajor.UnsignedInteger, reader.PeekMajor());
        Assert.Equal(number, reader.ReadUInt64());
        Assert.True(bytes.AsSpan().SequenceEqual(reader.ReadByteString()));
        Assert.Equal(text, reader.ReadText());
        Assert.False(reader.TryReadNull());
        Assert.Equal(number % 2 == 0, reader.ReadBool());
        Assert.True(reader.TryReadNull());
        Assert.Equal(number, reader.ReadTag());
        Assert.Null(reader.ReadArrayHeaderOrIndefinite());
        Assert.False(reader.TryReadBreak());
        Assert.Equal(1, reader.ReadInt32());
        Assert.True(reader.TryReadBreak());
        Assert.Equal(1, reader.ReadMapHeader());
        Assert.Equal(ushort.MaxValue, reader.ReadUInt16());
        Assert.Equal(uint.MaxValue, reader.ReadUInt32());
        Assert.Equal(7, reader.ReadInt32());
        reader.ReadEnd();
        Assert.Equal(0, reader.Remaining);
    });

    [Theory]
    [InlineData("1800", 0)]
    [InlineData("190000", 0)]
    [InlineData("1a00000001", 1)]
    [InlineData("1b0000000000000001", 1)]
    [InlineData("1bffffffffffffffff", ulong.MaxValue)]
    public void AcceptsLongerHeads_WhenANumberWouldFitAShorterOne(string hex, ulong expected)
    {
        var reader = new CborSpanReader(Convert.FromHexString(hex));

        Assert.Equal(expected, reader.ReadUInt64());
        reader.ReadEnd();
    }

    [Fact]
    public void SaysWhere_WhenSomethingElseStandsThere()
    {
        AssertThrows("8120", 1, static (ref CborSpanReader r) => { r.ReadArrayHeader(); r.ReadUInt64(); });
        AssertThrows("811a00010000", 1, static (ref CborSpanReader r) => { r.ReadArrayHeader(); r.ReadUInt16(); });
        AssertThrows("1b0000000100000000", 0, static (ref CborSpanReader r) => r.ReadUInt32());
        AssertThrows("1a80000000", 0, static (ref CborSpanReader r) => r.ReadInt32());
        AssertThrows("1c", 0, static (ref CborSpanReader r) => r.ReadUInt64());
        AssertThrows("9fff", 0, static (ref CborSpanReader r) => r.ReadArrayHeader());
        AssertThrows("bfff", 0, static (ref CborSpanReader r) => r.ReadMapHeader());
        AssertThrows("5f4100ff", 0, static (ref CborSpanReader r) => r.ReadByteString());
        AssertThrows("61ff", 0, static (ref CborSpanReader r) => r.ReadText());
        AssertThrows("f6", 0, static (ref CborSpanReader r) => r.ReadBool());
        AssertThrows("0000", 1, static (ref CborSpanReader r) => { r.ReadUInt64(); r.ReadEnd(); });
        AssertThrows("820000ff", 3, static (ref CborSpanReader r) => { r.SkipItem(); r.SkipItem(); });
        AssertThrows("", 0, static (ref CborSpanReader r) => r.PeekMajor());
        AssertThrows("", 0, static (ref CborSpanReader r) => r.ReadBool());
    }

    [Theory]
    [InlineData("9b1000000000000000")]
    [InlineData("9bffffffffffffffff")]
    [InlineData("9a7fffffff00")]
    [InlineData("820")]
    [InlineData("8200")]
    [InlineData("bbffffffffffffffff")]
    [InlineData("a10")]
    [InlineData("5bffffffffffffffff")]
    [InlineData("5a7fffffff")]
    [InlineData("4200")]
    [InlineData("59")]
    public void RefusesClaims_WhenThereAreNotSoManyBytes(string hex)
    {
        byte[] item = Convert.FromHexString(hex.Length % 2 == 0 ? hex : hex[..^1]);

        Assert.Throws<CodecException>(() => ReadWhatItClaims(item));
        Assert.Throws<CodecException>(() => Skip(item));
    }

    [Fact]
    public void ThrowsNothingElse_WhenBytesAreRandom() => Seeds.ForEach(3_000, static random =>
    {
        byte[] bytes = new byte[random.Next(30)];
        random.NextBytes(bytes);
        foreach (Reading reading in AllReadings)
        {
            var reader = new CborSpanReader(bytes);
            try
            {
                while (reader.Remaining > 0)
                {
                    int before = reader.Position;
                    reading(ref reader);
                    if (reader.Position == before)
                    {
                        break;
                    }
                }
            }
            catch (CodecException error)
            {
                Assert.InRange(error.Offset, 0, bytes.Length);
            }
        }
    });

    [Fact]
    public void AllocatesNothing_WhenReadingInPlace()
    {
        byte[] item = Convert.FromHexString("84" + "1b0000000100000000" + "4401020304" + "d81841ff" + "9f8201020304bf0102ffff");
        Read(item);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 1_000; i++)
        {
            Read(item);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Read(byte[] item)
        {
            var reader = new CborSpanReader(item);
            reader.ReadArrayHeader();
            reader.ReadUInt64();
            reader.ReadByteString();
            reader.ReadTag();
            reader.ReadByteString();
            reader.SkipItem();
            reader.ReadEnd();
        }
    }

    private static Reading[] AllReadings { get; } =
    [
        static (ref CborSpanReader r) => r.ReadArrayHeader(),
        static (ref CborSpanReader r) => r.ReadArrayHeaderOrIndefinite(),
        static (ref CborSpanReader r) => r.ReadMapHeader(),
        static (ref CborSpanReader r) => r.ReadMapHeaderOrIndefinite(),
        static (ref CborSpanReader r) => r.ReadUInt64(),
        static (ref CborSpanReader r) => r.ReadUInt16(),
        static (ref CborSpanReader r) => r.ReadInt32(),
        static (ref CborSpanReader r) => r.ReadTag(),
        static (ref CborSpanReader r) => r.ReadByteString(),
        static (ref CborSpanReader r) => r.ReadText(),
        static (ref CborSpanReader r) => r.ReadBool(),
        static (ref CborSpanReader r) => r.TryReadNull(),
        static (ref CborSpanReader r) => r.TryReadBreak(),
        static (ref CborSpanReader r) => r.SkipItem(),
    ];

    private static void ReadWhatItClaims(byte[] item)
    {
        var reader = new CborSpanReader(item);
        switch (reader.PeekMajor())
        {
            case CborMajor.Array:
                reader.ReadArrayHeader();
                break;
            case CborMajor.Map:
                reader.ReadMapHeader();
                break;
            default:
                reader.ReadByteString();
                break;
        }
    }

    private static void Skip(byte[] item)
    {
        var reader = new CborSpanReader(item);
        reader.SkipItem();
    }

    private static void AssertThrows(string hex, long offset, Reading reading)
    {
        CodecException error = Assert.Throws<CodecException>(() =>
        {
            var reader = new CborSpanReader(Convert.FromHexString(hex));
            reading(ref reader);
        });
        Assert.Equal(offset, error.Offset);
    }
}
