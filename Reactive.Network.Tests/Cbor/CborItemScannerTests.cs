using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Cbor;

public class CborItemScannerTests
{
    private const long NoLimit = long.MaxValue;

    [Fact]
    public void FindsTheEndTheOracleFinds_WhenItemsAreRandom() => Seeds.ForEach(3_000, static random =>
    {
        byte[] item = RandomCbor.Item(random);
        byte[] followed = [.. item, .. RandomCbor.Item(random)];

        Assert.Equal(item.Length, RandomCbor.OracleLength(followed));
        Assert.Equal((OperationStatus.Done, item.Length), ScanAll(followed));
    });

    [Fact]
    public void AgreesWithTheOracle_WhenBytesAreDamaged() => Seeds.ForEach(6_000, static random =>
    {
        byte[] bytes = RandomCbor.Item(random, maxDepth: 4);
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        int expected = RandomCbor.OracleLength(bytes);
        var scanner = new CborItemScanner(NoLimit);
        OperationStatus status = scanner.Scan(bytes, out int consumed);

        // The oracle's lax mode takes simple values below 32 in two bytes, which RFC 8949 (3.3) calls not well-formed.
        if (scanner.Defect == CborDefect.ReservedHead && consumed > 1 && bytes[consumed - 2] == 0xf8)
        {
            return;
        }

        Assert.Equal(expected, status == OperationStatus.Done ? consumed : -1);
    });

    [Fact]
    public void FindsTheSameEnd_WhenSplitInTwoAnywhere() => Seeds.ForEach(150, static random =>
    {
        byte[] item = RandomCbor.Item(random);
        var scanner = new CborItemScanner(NoLimit);
        for (int cut = 0; cut <= Math.Min(item.Length - 1, 600); cut++)
        {
            scanner.Reset();
            Assert.Equal(OperationStatus.NeedMoreData, scanner.Scan(item.AsSpan(0, cut), out int first));
            Assert.Equal(cut, first);
            Assert.InRange(scanner.MinimumRemaining, 1, item.Length - cut);
            Assert.Equal(OperationStatus.Done, scanner.Scan([.. item[cut..], 0x00], out int second));
            Assert.Equal(item.Length - cut, second);
            Assert.Equal(item.Length, scanner.ScannedBytes);
            Assert.Equal(0, scanner.MinimumRemaining);
        }
    });

    [Fact]
    public void FindsTheSameEnd_WhenSplitInThreeAnywhere() => Seeds.ForEach(400, static random =>
    {
        byte[] item = RandomCbor.Item(random, maxDepth: 2);
        if (item.Length > 60)
        {
            return;
        }

        var scanner = new CborItemScanner(NoLimit);
        for (int one = 0; one < item.Length; one++)
        {
            for (int two = one; two < item.Length; two++)
            {
                scanner.Reset();
                Assert.Equal(OperationStatus.NeedMoreData, scanner.Scan(item.AsSpan(0, one), out _));
                Assert.Equal(OperationStatus.NeedMoreData, scanner.Scan(item.AsSpan(one..two), out _));
                Assert.Equal(OperationStatus.Done, scanner.Scan(item.AsSpan(two), out int last));
                Assert.Equal(item.Length - two, last);
            }
        }
    });

    [Fact]
    public void FindsTheSameDefect_WhenDamagedBytesComeOneByOne() => Seeds.ForEach(2_000, static random =>
    {
        byte[] bytes = RandomCbor.Item(random, maxDepth: 3);
        bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        var whole = new CborItemScanner(1_000, maxDepth: 3);
        var pieces = new CborItemScanner(1_000, maxDepth: 3);
        OperationStatus expected = whole.Scan(bytes, out int consumed);

        OperationStatus actual = OperationStatus.NeedMoreData;
        for (int i = 0; i < bytes.Length && actual == OperationStatus.NeedMoreData; i++)
        {
            actual = pieces.Scan(bytes.AsSpan(i, 1), out _);
        }

        Assert.Equal((expected, whole.Defect, consumed), (actual, pieces.Defect, (int)pieces.ScannedBytes));
    });

    [Theory]
    [InlineData("5b1000000000000000", "byte string of 2^60")]
    [InlineData("5bffffffffffffffff", "byte string of 2^64-1")]
    [InlineData("7bffffffffffffffff", "text of 2^64-1")]
    [InlineData("9b1000000000000000", "array of 2^60")]
    [InlineData("9b8000000000000000", "array of 2^63")]
    [InlineData("9bffffffffffffffff", "array of 2^64-1")]
    [InlineData("bb4000000000000000", "map of 2^62")]
    [InlineData("bb8000000000000000", "map of 2^63: twice that is 0 in 64 bits")]
    [InlineData("bbffffffffffffffff", "map of 2^64-1")]
    [InlineData("5f5bffffffffffffffff", "piece of 2^64-1")]
    [InlineData("829a3fffffff9a3fffffff", "two arrays, each too long")]
    [InlineData("c19bffffffffffffffff", "array behind a tag")]
    public void RefusesAtOnce_WhenAClaimedLengthCannotFit(string hex, string what)
    {
        foreach (long limit in new[] { 65_535, int.MaxValue / 2 })
        {
            var scanner = new CborItemScanner(limit);

            Assert.Equal(OperationStatus.InvalidData, scanner.Scan(Convert.FromHexString(hex), out _));
            Assert.True(scanner.Defect == CborDefect.TooLong, what);
        }
    }

    [Theory]
    [InlineData("5bffffffffffffffff")]
    [InlineData("9bffffffffffffffff")]
    [InlineData("bb7fffffffffffffff")]
    [InlineData("829b7ffffffffffffff09b7ffffffffffffff0")]
    [InlineData("825b7fffffffffffffff1b0000000000000000")]
    public void DoesNotOverflow_WhenThereIsNoLimit(string hex)
    {
        var scanner = new CborItemScanner(NoLimit);

        OperationStatus status = scanner.Scan(Convert.FromHexString(hex), out _);

        Assert.NotEqual(OperationStatus.Done, status);
        Assert.InRange(scanner.MinimumRemaining, 0, long.MaxValue);
    }

    [Fact]
    public void AddsClaimsUp_WhenEachAloneWouldFit()
    {
        var scanner = new CborItemScanner(100);

        // An array of 50 whose first element is a string of 60: 1 + 1 + 50 + 1 + 60 bytes at the least.
        Assert.Equal(OperationStatus.InvalidData, scanner.Scan(Convert.FromHexString("9832583c"), out _));
        Assert.Equal(CborDefect.TooLong, scanner.Defect);
    }

    [Fact]
    public void AcceptsExactlyTheLimit_WhenTheItemIsThatLong()
    {
        byte[] item = [0x58, 98, .. new byte[98]];
        var exact = new CborItemScanner(100);
        var tight = new CborItemScanner(99);

        Assert.Equal(OperationStatus.Done, exact.Scan(item, out _));
        Assert.Equal(OperationStatus.InvalidData, tight.Scan(item, out _));
        Assert.Equal(CborDefect.TooLong, tight.Defect);
    }

    [Theory]
    [InlineData(0x9f)]
    [InlineData(0x00)]
    public void EndsWithinTheLimit_WhenAnIndefiniteItemNeverEnds(byte filler)
    {
        var scanner = new CborItemScanner(1_000, maxDepth: 10_000);
        byte[] endless = new byte[2_000];
        Array.Fill(endless, filler);
        endless[0] = 0x9f;

        Assert.Equal(OperationStatus.InvalidData, scanner.Scan(endless, out int consumed));
        Assert.Equal(CborDefect.TooLong, scanner.Defect);
        Assert.InRange(consumed, 1, 1_000);
    }

    [Theory]
    [InlineData(0x81, 65)]
    [InlineData(0x9f, 65)]
    [InlineData(0xa1, 65)]
    [InlineData(0xbf, 65)]
    public void StopsAtTheLimit_WhenContainersAreNestedDeeply(byte head, int expected)
    {
        byte[] nested = new byte[100_000];
        Array.Fill(nested, head);
        var scanner = new CborItemScanner(NoLimit);

        Assert.Equal(OperationStatus.InvalidData, scanner.Scan(nested, out int consumed));
        Assert.Equal(CborDefect.TooDeep, scanner.Defect);
        Assert.Equal(expected, consumed);
    }

    [Fact]
    public void TakesAnyNumberOfTags_WhenTheyFitTheLimit()
    {
        byte[] tags = [.. Enumerable.Repeat((byte)0xc1, 100_000), 0x00];
        var scanner = new CborItemScanner(NoLimit);

        Assert.Equal(OperationStatus.Done, scanner.Scan(tags, out int consumed));
        Assert.Equal(tags.Length, consumed);
    }

    [Theory]
    [InlineData("ff", CborDefect.UnexpectedBreak)]
    [InlineData("81ff", CborDefect.UnexpectedBreak)]
    [InlineData("9fc1ff", CborDefect.UnexpectedBreak)]
    [InlineData("bf00ff", CborDefect.UnexpectedBreak)]
    [InlineData("a1ff", CborDefect.UnexpectedBreak)]
    [InlineData("9f81ff", CborDefect.UnexpectedBreak)]
    [InlineData("1c", CborDefect.ReservedHead)]
    [InlineData("1f", CborDefect.ReservedHead)]
    [InlineData("3f", CborDefect.ReservedHead)]
    [InlineData("5d", CborDefect.ReservedHead)]
    [InlineData("df", CborDefect.ReservedHead)]
    [InlineData("fc", CborDefect.ReservedHead)]
    [InlineData("f818", CborDefect.ReservedHead)]
    [InlineData("5f00", CborDefect.WrongChunk)]
    [InlineData("5f6161ff", CborDefect.WrongChunk)]
    [InlineData("7f4161ff", CborDefect.WrongChunk)]
    [InlineData("5f5f4100ffff", CborDefect.WrongChunk)]
    [InlineData("5fc14100ff", CborDefect.WrongChunk)]
    public void NamesTheDefect_WhenAHeadIsWrong(string hex, CborDefect expected)
    {
        var scanner = new CborItemScanner(NoLimit);

        Assert.Equal(OperationStatus.InvalidData, scanner.Scan(Convert.FromHexString(hex), out _));
        Assert.Equal(expected, scanner.Defect);
        Assert.Equal(OperationStatus.InvalidData, scanner.Scan([0x00], out int consumed));
        Assert.Equal(0, consumed);
    }

    [Fact]
    public void StaysDone_WhenNotReset()
    {
        var scanner = new CborItemScanner(NoLimit);

        Assert.Equal(OperationStatus.NeedMoreData, scanner.Scan([], out _));
        Assert.Equal(OperationStatus.Done, scanner.Scan([0x01, 0x02], out _));
        Assert.Equal(OperationStatus.Done, scanner.Scan([0x02], out int consumed));
        Assert.Equal(0, consumed);
        scanner.Reset();
        Assert.Equal(OperationStatus.Done, scanner.Scan([0x02], out consumed));
        Assert.Equal(1, consumed);
    }

    [Fact]
    public void KnowsHowMuchIsMissing_WhenOnlyAStringIsLeft()
    {
        var scanner = new CborItemScanner(NoLimit);

        scanner.Scan([0x82, 0x04, 0x59, 0x10, 0x00, 1, 2, 3], out _);

        Assert.Equal(4_096 - 3, scanner.MinimumRemaining);
    }

    [Fact]
    public void AllocatesNothing_WhenUsedAgain()
    {
        byte[] item = RandomCbor.Item(new Random(7), maxDepth: 12);
        var scanner = new CborItemScanner(NoLimit);
        scanner.Scan(item, out _);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 1_000; i++)
        {
            scanner.Reset();
            scanner.Scan(item.AsSpan(0, item.Length / 2), out _);
            scanner.Scan(item.AsSpan(item.Length / 2), out _);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static (OperationStatus Status, int Consumed) ScanAll(byte[] bytes)
    {
        var scanner = new CborItemScanner(NoLimit);
        OperationStatus status = scanner.Scan(bytes, out int consumed);
        return (status, consumed);
    }
}
