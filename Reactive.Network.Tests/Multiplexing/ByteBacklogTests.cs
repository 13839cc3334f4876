using Reactive.Network.Multiplexing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Multiplexing;

public class ByteBacklogTests
{
    private readonly PoisoningArrayPool _pool = new();

    [Fact]
    public void KeepsBytesOrderAndTimes_WhenBothEndsAreBusy() => Seeds.ForEach(20, random =>
    {
        var backlog = new ByteBacklog(_pool);
        var expected = new Queue<(byte Value, long Arrival)>();
        bool isEqual = true;
        long arrival = 0;
        for (int step = 0; step < 400; step++)
        {
            if (random.Next(2) == 0)
            {
                byte[] bytes = new byte[random.Next(random.Next(2) == 0 ? 10 : 20_000)];
                random.NextBytes(bytes);
                arrival += random.Next(2);
                backlog.Append(bytes, arrival);
                foreach (byte value in bytes)
                {
                    expected.Enqueue((value, arrival));
                }
            }
            else if (backlog.Length > 0)
            {
                ReadOnlySpan<byte> piece = backlog.Peek(out long at);
                int count = random.Next(piece.Length + 1);
                foreach (byte value in piece[..count])
                {
                    isEqual &= expected.Dequeue() == (value, at);
                }

                backlog.Take(count);
            }

            Assert.True(isEqual);
            Assert.Equal(expected.Count, backlog.Length);
        }

        backlog.Clear();
        Assert.Equal(0, _pool.Outstanding);
    });

    [Fact]
    public void CountsLateBytesWithTheLast_WhenTooManyArrivalsWouldBeToldApart()
    {
        var backlog = new ByteBacklog(_pool);
        const int Bytes = ByteBacklog.MaxArrivals + 100;
        for (int i = 0; i < Bytes; i++)
        {
            backlog.Append([1], i);
        }

        var arrivals = new List<long>();
        while (backlog.Length > 0)
        {
            ReadOnlySpan<byte> piece = backlog.Peek(out long at);
            arrivals.AddRange(Enumerable.Repeat(at, piece.Length));
            backlog.Take(piece.Length);
        }

        Assert.Equal(Bytes, arrivals.Count);
        Assert.Equal(Enumerable.Range(0, ByteBacklog.MaxArrivals).Select(i => (long)i), arrivals.Take(ByteBacklog.MaxArrivals));
        Assert.All(arrivals.Skip(ByteBacklog.MaxArrivals), at => Assert.Equal(Bytes - 1, at));
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void TakesMore_WhenItWasCleared()
    {
        var backlog = new ByteBacklog(_pool);
        backlog.Append([1, 2, 3], 5);
        backlog.Clear();

        backlog.Append([4, 5], 6);

        Assert.Equal([4, 5], backlog.Peek(out long at).ToArray());
        Assert.Equal(6, at);
        backlog.Clear();
        Assert.Equal(0, _pool.Outstanding);
    }
}
