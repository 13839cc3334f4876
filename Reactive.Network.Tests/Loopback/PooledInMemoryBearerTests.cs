using System.Reactive.Concurrency;
using Reactive.Network.Bearers;

namespace Reactive.Network.Tests.Loopback;

/// <summary>The contract in memory, on a scheduler with several threads.</summary>
public class PooledInMemoryBearerTests : RealTimeBearerContractTests
{
    protected override int MoreThanIsTaken => 3 * 1024 * 1024;

    protected override (IBearer A, IBearer B) Connect() => InMemoryBearer.CreatePair(TaskPoolScheduler.Default, new() { Pool = Pool });
}

/// <summary>The same with latency, so that timers and turns meet.</summary>
public class DelayedInMemoryBearerTests : RealTimeBearerContractTests
{
    protected override int MoreThanIsTaken => 300_000;

    protected override (IBearer A, IBearer B) Connect() => InMemoryBearer.CreatePair(
        TaskPoolScheduler.Default,
        new() { Pool = Pool, Latency = TimeSpan.FromMilliseconds(1), BytesPerSecond = 100_000_000, MaxChunk = 5_000, Capacity = 250_000 });
}
