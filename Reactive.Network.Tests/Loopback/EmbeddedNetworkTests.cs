using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using global::Rxnet.Embedded;
using global::Rxnet.Following;
using Reactive.Network.Chain;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Loopback;

[Trait("Category", "Loopback")]
[Collection(Alone.Name)]
public class EmbeddedNetworkTests
{
    [Fact]
    public async Task IsFollowedFromOriginPastWhereItBegan_WhenItRuns()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using EmbeddedNetwork network = EmbeddedNetwork.Start(DefaultScheduler.Instance);
        var plan = new FollowPlan { Peers = network.Addresses, From = Point.Origin };
        await using var follower = new Follower(plan, new NetworkOptions { Magic = EmbeddedNetwork.Magic });

        IList<ulong> heights = await follower.Follow()
            .OfType<FollowEvent.RollForward>()
            .Select(static one => one.Block.Height)
            .Take(EmbeddedNetwork.InitialBlocks + 2)
            .ToList().Timeout(TimeSpan.FromSeconds(60)).ToTask(cancellation);

        Assert.True(network.Nodes.Count > 1);
        Assert.Equal(Enumerable.Range(0, EmbeddedNetwork.InitialBlocks + 2).Select(static height => (ulong)height), heights);
    }
}
