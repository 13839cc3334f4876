using System.Reactive.Concurrency;
using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Bearers;

public class InMemoryBearerTests
{
    private readonly TestScheduler _time = new();
    private readonly object _changed = new();
    private readonly PoisoningArrayPool _pool = new();
    private readonly List<(long At, int Bytes)> _arrivals = [];

    [Fact]
    public void ArrivesOneTickLater_WhenThereIsNoLatency()
    {
        (IBearer a, _, _) = Pair(new());
        _time.AdvanceTo(500);

        a.TryWrite(new byte[10]);
        Assert.Empty(_arrivals);
        _time.Start();

        Assert.Equal([(501, 10)], _arrivals);
    }

    [Fact]
    public void ArrivesWhenTheLatencyIsOver()
    {
        (IBearer a, _, _) = Pair(new() { Latency = TimeSpan.FromTicks(1_000) });
        _time.ScheduleAbsolute(100, () => a.TryWrite(new byte[10]));
        _time.ScheduleAbsolute(150, () => a.TryWrite(new byte[20]));

        _time.Start();

        Assert.Equal([(1_100, 10), (1_150, 20)], _arrivals);
    }

    [Fact]
    public void ArrivesAtTheRate_WhenThereIsOne()
    {
        (IBearer a, _, _) = Pair(new()
        {
            Latency = TimeSpan.FromMilliseconds(5),
            BytesPerSecond = 1_000_000,
            MaxChunk = 1_000,
        });
        _time.ScheduleAbsolute(10, () => a.TryWrite(new byte[2_500]));
        _time.ScheduleAbsolute(20, () => a.TryWrite(new byte[500]));

        _time.Start();

        // A byte takes 10 ticks, and the second batch enters when the first is through.
        Assert.Equal([(60_010, 1_000), (70_010, 1_000), (75_010, 500), (80_010, 500)], _arrivals);
    }

    [Fact]
    public void ArrivesInPieces_WhenChunksAreSmall()
    {
        (IBearer a, _, RecordingSink atB) = Pair(new() { MaxChunk = 1 });

        a.TryWrite(new byte[] { 1, 2, 3 });
        _time.Start();

        Assert.Equal([(1, 1), (1, 1), (1, 1)], _arrivals);
        Assert.Equal([1, 2, 3], atB.Received);
    }

    [Fact]
    public void IsWritableWhenThereIsRoom_WhenCapacityWasReached()
    {
        (IBearer a, RecordingSink atA, _) = Pair(new() { Capacity = 100, Latency = TimeSpan.FromTicks(50) });

        Assert.True(a.TryWrite(new byte[60]));
        Assert.False(a.TryWrite(new byte[60]));
        _time.AdvanceTo(49);
        Assert.Equal(0, atA.Writables);
        _time.Start();

        Assert.Equal(1, atA.Writables);
        Assert.Equal([(50, 60), (50, 40), (100, 20)], _arrivals);
    }

    [Fact]
    public void BuffersStayWithinTheCapacity_WhenNobodyReads()
    {
        InMemoryBearerOptions options = new() { Capacity = 4_096, Pool = _pool };
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(_time, options);
        RecordingSink atA = new(_changed);
        atA.StartOn(a);

        atA.Send(a, Enumerable.Range(0, 1_000).Select(_ => new byte[100]));
        _time.Start();

        Assert.True(_pool.OutstandingBytes <= 2 * 4_096, $"{_pool.OutstandingBytes} bytes");
        b.Abort();
        _time.Start();
        Assert.True(atA.IsClosed);
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void ResetTakesTheLatencyAndOvertakesTheQueue_WhenAborted()
    {
        (IBearer a, _, RecordingSink atB) = Pair(new() { Latency = TimeSpan.FromTicks(1_000), BytesPerSecond = 10_000, MaxChunk = 1 });
        long closedAt = 0;
        atB.Closing = () => closedAt = _time.Clock;

        a.TryWrite(new byte[5]);
        _time.ScheduleAbsolute(2_500, a.Abort);
        _time.Start();

        Assert.Equal([(2_000, 1), (3_000, 1)], _arrivals);
        Assert.Equal(3_500, closedAt);
        Assert.Equal(BearerFailure.Reset, atB.Cause?.Kind);
    }

    [Fact]
    public void ASchedulerWithNothingToDoIsIdle_WhenABearerIs()
    {
        (IBearer a, _, _) = Pair(new() { Latency = TimeSpan.FromTicks(10) });
        a.TryWrite(new byte[1]);
        _time.Start();

        long idleSince = _time.Clock;
        _time.Start();

        Assert.Equal(10, idleSince);
        Assert.Equal(idleSince, _time.Clock);
    }

    [Fact]
    public void BytesArriveInOrder_WhenTurnsRunInAnyOrder() => SeededScheduler.ForEachSeed(50, time =>
    {
        Random random = new(time.Seed);
        byte[] expected = new byte[20_000];
        random.NextBytes(expected);
        PoisoningArrayPool pool = new();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time, new() { Capacity = 3_000, MaxChunk = 700, Pool = pool });
        RecordingSink atA = new(_changed);
        RecordingSink atB = new(_changed);
        atB.Receiving = bytes => b.TryWrite(bytes[..1]);
        atA.StartOn(a);
        atB.StartOn(b);

        atA.Send(a, expected.Chunk(900).Select(chunk => chunk.ToArray()));
        time.Run();
        a.Close();
        time.Run();

        Assert.Equal(expected, atB.Received);
        Assert.Empty(atA.Violations);
        Assert.Empty(atB.Violations);
        Assert.Null(atB.Cause);
        Assert.Equal(1, atA.Closes);
        Assert.Equal(0, pool.Outstanding);
    });

    [Theory]
    [InlineData("latency")]
    [InlineData("rate")]
    [InlineData("chunk")]
    [InlineData("capacity")]
    public void Throws_WhenAnOptionIsOutOfRange(string option) => Assert.Throws<ArgumentOutOfRangeException>(() => option switch
    {
        "latency" => new InMemoryBearerOptions { Latency = TimeSpan.FromTicks(-1) },
        "rate" => new InMemoryBearerOptions { BytesPerSecond = 0 },
        "chunk" => new InMemoryBearerOptions { MaxChunk = 0 },
        _ => new InMemoryBearerOptions { Capacity = 0 },
    });

    private (IBearer A, RecordingSink AtA, RecordingSink AtB) Pair(InMemoryBearerOptions options)
    {
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(_time, options with { Pool = _pool });
        RecordingSink atA = new(_changed);
        RecordingSink atB = new(_changed) { Receiving = bytes => _arrivals.Add((_time.Clock, bytes.Length)) };
        atA.StartOn(a);
        atB.StartOn(b);
        return (a, atA, atB);
    }
}
