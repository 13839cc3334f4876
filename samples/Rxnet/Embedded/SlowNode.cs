using System.Reactive.Concurrency;
using Reactive.Network.Bearers;

namespace Rxnet.Embedded;

/// <summary>An honest node behind a thin line.</summary>
internal sealed class SlowNode(IScheduler scheduler) : HonestNode
{
    private const double BytesPerSecond = 250_000;

    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(80);

    public override string Role => "slow";

    public override IBearer Accept(IBearer bearer) =>
        new SlowBearer(bearer, bytes => Latency + TimeSpan.FromSeconds(bytes / BytesPerSecond), scheduler);
}
