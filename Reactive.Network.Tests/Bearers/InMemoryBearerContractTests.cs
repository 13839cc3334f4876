using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;

namespace Reactive.Network.Tests.Bearers;

/// <summary>The contract over the path as it is by default.</summary>
public class InMemoryBearerContractTests : BearerContractTests
{
    private readonly TestScheduler _time = new();

    protected override int MoreThanIsTaken => 3 * 1024 * 1024;

    protected virtual InMemoryBearerOptions Options => new();

    protected override (IBearer A, IBearer B) Connect() => InMemoryBearer.CreatePair(_time, Options with { Pool = Pool });

    protected override void WaitUntil(Func<bool> condition, string what)
    {
        _time.Start();
        Assert.True(condition(), $"never came: {what}");
    }
}

/// <summary>The contract over a path with latency, a limited rate and little room.</summary>
public class NarrowInMemoryBearerContractTests : InMemoryBearerContractTests
{
    protected override int MoreThanIsTaken => 100_000;

    protected override InMemoryBearerOptions Options => new()
    {
        Latency = TimeSpan.FromMilliseconds(70),
        BytesPerSecond = 1_000_000,
        MaxChunk = 1_447,
        Capacity = 65_536,
    };
}
