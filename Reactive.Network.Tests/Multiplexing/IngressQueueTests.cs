using System.Buffers.Binary;
using Reactive.Network.Cbor;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Multiplexing;

public class IngressQueueTests
{
    private readonly PoisoningArrayPool _pool = new();

    [Fact]
    public void AllowsExactlyTheBudget()
    {
        IngressQueue queue = Create(maxBytes: 100);
        queue.Append(Pings(60), 0, out _);

        Assert.True(queue.HasRoomFor(40));
        Assert.False(queue.HasRoomFor(41));
        Assert.Equal(60, queue.WaitingBytes);
        Close(queue);
    }

    [Fact]
    public void CountsABeginning_OnlyWhileMessagesWaitBeforeIt()
    {
        IngressQueue queue = Create(maxBytes: 100);
        queue.Append([.. Pings(6), 0x82, 0x00], 0, out _);

        Assert.False(queue.HasRoomFor(93));
        Assert.True(queue.HasRoomFor(92));
        Take(queue, 2);
        Assert.True(queue.HasRoomFor(100));
        Close(queue);
    }

    [Fact]
    public void KeepsOrderAndTimes_WhenMessagesWaitBehind1024Others()
    {
        IngressQueue queue = Create(maxBytes: 1_000_000);
        var expected = new List<(int, long)>();
        for (int i = 0; i < 2_500; i++)
        {
            byte[] message = [0x82, 0x00, 0x1a, 0, 0, 0, 0];
            BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(3), i);
            long arrival = i / 3;

            // Cut anywhere: the second half comes later.
            int cut = i % 8;
            queue.Append(message.AsSpan(0, cut), arrival - 1, out _);
            queue.Append(message.AsSpan(cut), arrival, out _);
            expected.Add((i, cut == 7 ? arrival - 1 : arrival));
        }

        Assert.Equal(17_500, queue.WaitingBytes);
        var taken = new List<(int, long)>();
        while (queue.TryTake(out IngressMessage message, out _, out _))
        {
            taken.Add((BinaryPrimitives.ReadInt32BigEndian(message.Lease.Span[3..]), message.Arrival));
            message.Lease.Release();
        }

        Assert.Equal(expected, taken);
        Assert.Equal(0, queue.WaitingBytes);
        Assert.True(queue.IsEmpty);
        Close(queue);
    }

    [Fact]
    public void CostsLittleMoreThanItWeighs_WhenMessagesAreTiny()
    {
        IngressQueue queue = Create(maxBytes: 10_000_000);

        for (int i = 0; i < 50; i++)
        {
            queue.Append(Pings(60_000), 0, out _);
        }

        Assert.InRange(_pool.OutstandingBytes, 3_000_000, 3_200_000);
        Close(queue);
    }

    [Fact]
    public void WakesOnce_WhenABeginningComes_AndAgainWhenItOutgrowsTheSmallLimit()
    {
        IngressQueue queue = Create(maxBytes: 1_000_000, maxMessageBytes: 2_500_000);
        var wakes = new List<bool>();
        byte[][] pieces = [[0x5a, 0, 2, 0, 0], new byte[60_000], new byte[6_000], new byte[10], new byte[65_062]];
        foreach (byte[] piece in pieces)
        {
            queue.Append(piece, 0, out bool wake);
            wakes.Add(wake);
        }

        Assert.Equal([true, false, true, false, true], wakes);
        Close(queue);
    }

    [Fact]
    public void DropsWhatComes_WhenItWasCleared()
    {
        IngressQueue queue = Create(maxBytes: 100);
        queue.Append([.. Pings(60), 0x82], 0, out _);
        queue.Clear();

        CborDefect defect = queue.Append(Pings(60), 0, out bool wake);

        Assert.Equal((CborDefect.None, false), (defect, wake));
        Assert.True(queue.IsEmpty);
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void GivesWhatCameBefore_WhenTheStreamIsUnreadable()
    {
        IngressQueue queue = Create(maxBytes: 100);

        CborDefect defect = queue.Append([.. Pings(6), 0x1c], 0, out bool wake);

        Assert.Equal(CborDefect.ReservedHead, defect);
        Assert.True(wake);
        Take(queue, 2);
        Close(queue);
    }

    [Fact]
    public void NamesTheDefect_WhenItIsFoundInTheBacklog()
    {
        IngressQueue queue = Create(maxBytes: 100_000);
        queue.Append([.. Pings(3 * 1024), 0x1c], 0, out _);
        Take(queue, 1024);

        Assert.False(queue.TryTake(out _, out _, out CborDefect defect));

        Assert.Equal(CborDefect.ReservedHead, defect);
        Close(queue);
    }

    [Fact]
    public void SaysHowMuchOfTheNextMessageIsThere_WhenNoneIsWhole()
    {
        IngressQueue queue = Create(maxBytes: 100);
        queue.Append([0x82, 0x00], 0, out _);

        Assert.False(queue.TryTake(out _, out int partial, out CborDefect defect));

        Assert.Equal((2, CborDefect.None), (partial, defect));
        Close(queue);
    }

    private static void Take(IngressQueue queue, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.True(queue.TryTake(out IngressMessage message, out _, out _));
            message.Lease.Release();
        }
    }

    /// <summary>Messages of three bytes.</summary>
    private static byte[] Pings(int bytes)
    {
        Assert.Equal(0, bytes % 3);
        return [.. Enumerable.Range(0, bytes / 3).SelectMany(_ => new byte[] { 0x82, 0x00, 0x01 })];
    }

    private IngressQueue Create(long maxBytes, int maxMessageBytes = 65_535) => new(new SlabPool(_pool), maxBytes, maxMessageBytes);

    private void Close(IngressQueue queue)
    {
        queue.Clear();
        Assert.Equal(0, _pool.Outstanding);
    }
}
