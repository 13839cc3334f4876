using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Cbor;

public class CborItemTests
{
    [Fact]
    public void AgreesWithTheScanner_WhenBytesAreRandomOrDamaged() => Seeds.ForEach(6_000, static random =>
    {
        byte[] bytes = RandomCbor.Item(random);
        for (int i = random.Next(3); i > 0; i--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        // The measure knows that no more bytes will come, so a claim beyond them is a cut to it, and nothing to the scanner without limit.
        var scanner = new CborItemScanner(long.MaxValue);
        OperationStatus expected = scanner.Scan(bytes, out int consumed);
        OperationStatus actual = CborItem.Measure(bytes, out int length, out _);

        Assert.Equal(expected == OperationStatus.Done, actual == OperationStatus.Done);
        if (expected == OperationStatus.Done)
        {
            Assert.Equal(consumed, length);
        }
    });

    [Fact]
    public void MeasuresTheUsualAsTheScannerDoes()
    {
        int measured = 0;
        Seeds.ForEach(6_000, random =>
        {
            byte[] item = RandomCbor.Item(random, maxDepth: 3);
            byte[] bytes = [.. item, .. new byte[random.Next(12)]];
            for (int i = random.Next(3); i > 0; i--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            int most = random.Next(2) == 0 ? 65_535 : random.Next(1, item.Length + 2);
            if (CborItem.TryMeasureUsual(bytes, most, out int length))
            {
                measured++;
                var scanner = new CborItemScanner(most);
                Assert.Equal(OperationStatus.Done, scanner.Scan(bytes, out int consumed));
                Assert.Equal(consumed, length);
            }
        });
        Assert.InRange(measured, 500, 6_000);
    }

    [Theory]
    [InlineData("00", 1)]
    [InlineData("820001", 3)]
    [InlineData("d8184261620000000000", 5)]
    [InlineData("a10102", 3)]
    [InlineData("83f4f5f6", 4)]
    [InlineData("1a00000001ffffffff", 5)]
    [InlineData("8200", 0)]
    [InlineData("4361", 0)]
    [InlineData("9fff", 0)]
    [InlineData("f8ff", 0)]
    [InlineData("fc", 0)]
    public void KnowsTheUsual(string hex, int length) =>
        Assert.Equal((length > 0, length), (CborItem.TryMeasureUsual(Convert.FromHexString(hex), 100, out int measured), measured));

    [Fact]
    public void WantsMore_WhenCutOffAnywhere() => Seeds.ForEach(100, static random =>
    {
        byte[] item = RandomCbor.Item(random, maxDepth: 4);
        for (int cut = 0; cut < Math.Min(item.Length, 500); cut++)
        {
            Assert.Equal(OperationStatus.NeedMoreData, CborItem.Measure(item.AsSpan(0, cut), out _, out _));
        }
    });

    [Theory]
    [InlineData(0x9f)]
    [InlineData(0x81)]
    [InlineData(0xc1)]
    public void NeedsNoStack_WhenNestedAMillionDeep(byte head)
    {
        byte[] nested = new byte[1_000_000];
        Array.Fill(nested, head);
        byte[] ended = [.. nested, 0x00, .. head == 0x9f ? Enumerable.Repeat((byte)0xff, nested.Length) : []];

        Assert.Equal(OperationStatus.NeedMoreData, CborItem.Measure(nested, out _, out _));
        Assert.Equal(OperationStatus.Done, CborItem.Measure(ended, out int length, out _));
        Assert.Equal(ended.Length, length);
    }

    [Theory]
    [InlineData("1c", 0, CborDefect.ReservedHead)]
    [InlineData("82001f", 2, CborDefect.ReservedHead)]
    [InlineData("f800", 0, CborDefect.ReservedHead)]
    [InlineData("8200ff", 2, CborDefect.UnexpectedBreak)]
    [InlineData("bf00ff", 2, CborDefect.UnexpectedBreak)]
    [InlineData("5f4100616100ff", 3, CborDefect.WrongChunk)]
    public void SaysWhere_WhenAHeadIsWrong(string hex, int offset, CborDefect expected)
    {
        Assert.Equal(OperationStatus.InvalidData, CborItem.Measure(Convert.FromHexString(hex), out int length, out CborDefect defect));
        Assert.Equal((offset, expected), (length, defect));
    }
}
