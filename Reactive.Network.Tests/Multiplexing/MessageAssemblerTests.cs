using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Multiplexing;

public class MessageAssemblerTests
{
    private readonly PoisoningArrayPool _pool = new();

    [Fact]
    public void GivesWholeItems_WhenStreamIsCutInThree()
    {
        string[] items = ["8100", "82045863" + new string('7', 198), "9f0102ff", "820019abcd", "f6"];
        byte[] stream = Convert.FromHexString(string.Concat(items));
        for (int first = 0; first <= stream.Length; first++)
        {
            for (int second = first; second <= stream.Length; second++)
            {
                Assert.Equal(items, Assemble(stream[..first], stream[first..second], stream[second..]));
            }
        }

        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void GivesWholeItems_WhenALargeOneComesByteByByte()
    {
        byte[] large = [0x5a, 0, 1, 0, 0, .. new byte[65_536]];

        string[] items = Assemble([.. large.Chunk(1)]);

        Assert.Equal(Convert.ToHexStringLower(large), Assert.Single(items));
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void HoldsNoMoreThanTwiceWhatCame_WhenTwoMegabytesAreClaimed()
    {
        // Twice what came, and the pool rounds up to the next power of two.
        MessageAssembler assembler = Create(2_500_000);
        byte[] stream = [0x5a, 0, 0x20, 0, 0, .. new byte[0x200000]];
        assembler.TryTakeItem(stream.AsSpan(0, 5), out _, out _);
        Assert.InRange(_pool.OutstandingBytes, 1, 131_072);

        for (int position = 5; position < stream.Length; position += 12_288)
        {
            OperationStatus status = assembler.TryTakeItem(
                stream.AsSpan(position, Math.Min(12_288, stream.Length - position)), out _, out MemoryLease item);
            Assert.InRange(_pool.OutstandingBytes, 1, Math.Max(131_072, 4L * (position + 12_288)));
            if (status == OperationStatus.Done)
            {
                Assert.True(stream.AsSpan().SequenceEqual(item.Span));
                item.Release();
            }
        }

        assembler.Clear();
        Assert.Equal(0, _pool.Outstanding);
    }

    [Theory]
    [InlineData("5b1000000000000000", CborDefect.TooLong)]
    [InlineData("9b1000000000000000", CborDefect.TooLong)]
    [InlineData("5a00010000", CborDefect.TooLong)]
    [InlineData("1c", CborDefect.ReservedHead)]
    [InlineData("ff", CborDefect.UnexpectedBreak)]
    [InlineData("5f00", CborDefect.WrongChunk)]
    public void NamesTheDefect_AndHoldsNothing(string hex, CborDefect defect)
    {
        MessageAssembler assembler = Create(65_535);

        OperationStatus status = assembler.TryTakeItem(Convert.FromHexString(hex), out _, out _);

        Assert.Equal(OperationStatus.InvalidData, status);
        Assert.Equal(defect, assembler.Defect);
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void FindsTheDefect_WhenArraysNestTooDeep()
    {
        MessageAssembler assembler = Create(65_535);
        byte[] nested = new byte[60_000];
        nested.AsSpan().Fill(0x81);

        Assert.Equal(OperationStatus.InvalidData, assembler.TryTakeItem(nested, out int consumed, out _));

        Assert.Equal(CborDefect.TooDeep, assembler.Defect);
        Assert.InRange(consumed, 1, 100);
    }

    [Fact]
    public void SharesSlabs_WhenItemsAreSmall()
    {
        MessageAssembler assembler = Create(65_535);
        byte[] header = [0x59, 0x03, 0x84, .. new byte[900]];
        var leases = new List<MemoryLease>();
        for (int i = 0; i < 200; i++)
        {
            assembler.TryTakeItem(header, out _, out MemoryLease lease);
            leases.Add(lease);
        }

        // 180 KB in slabs that start with 1 KiB and grow to 16 KiB.
        Assert.InRange(_pool.Outstanding, 12, 20);
        Assert.All(leases, lease => Assert.True(header.AsSpan().SequenceEqual(lease.Span)));
        leases.ForEach(lease => lease.Release());
        assembler.Clear();
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void HoldsOneKilobyte_WhenOnlyTinyItemsCome()
    {
        MessageAssembler assembler = Create(65_535);

        for (int i = 0; i < 10_000; i++)
        {
            assembler.TryTakeItem([0x82, 0x00, 0x01], out _, out MemoryLease lease);
            lease.Release();
        }

        Assert.Equal(1, _pool.Outstanding);
        Assert.Equal(1024, _pool.OutstandingBytes);
        assembler.Clear();
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void LeavesOthersAlone_WhenOneItemOfASlabIsGivenBack()
    {
        MessageAssembler assembler = Create(65_535);
        assembler.TryTakeItem([0x82, 0x01, 0x01], out _, out MemoryLease first);
        assembler.TryTakeItem([0x82, 0x02, 0x02], out _, out MemoryLease second);
        assembler.Clear();

        first.Release();

        Assert.Equal([0x82, 0x02, 0x02], second.Span.ToArray());
        Assert.Throws<ObjectDisposedException>(() => first.Memory);
        second.Release();
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void NeedsNoMemory_ForAMessageWithoutFields()
    {
        MessageAssembler assembler = Create(65_535);

        for (byte tag = 0; tag < 24; tag++)
        {
            Assert.Equal(OperationStatus.Done, assembler.TryTakeItem([0x81, tag, 0x81], out int consumed, out MemoryLease lease));

            Assert.Equal(2, consumed);
            Assert.Equal([0x81, tag], lease.Span.ToArray());
            lease.Release();
        }

        Assert.Equal(0, _pool.Outstanding);
        Assert.Equal(0, assembler.PartialBytes);
    }

    private MessageAssembler Create(int maxMessageBytes) => new(new SlabPool(_pool), maxMessageBytes);

    private string[] Assemble(params byte[][] pieces)
    {
        MessageAssembler assembler = Create(2_500_000);
        var items = new List<string>();
        foreach (byte[] piece in pieces)
        {
            ReadOnlySpan<byte> rest = piece;
            while (!rest.IsEmpty)
            {
                OperationStatus status = assembler.TryTakeItem(rest, out int consumed, out MemoryLease item);
                Assert.NotEqual(OperationStatus.InvalidData, status);
                rest = rest[consumed..];
                if (status == OperationStatus.Done)
                {
                    items.Add(Convert.ToHexStringLower(item.Span));
                    item.Release();
                }
            }
        }

        Assert.Equal(0, assembler.PartialBytes);
        assembler.Clear();
        return [.. items];
    }
}
