using global::Rxnet.Local;
using Reactive.Network.Chain;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Storage;

namespace Reactive.Network.Tests.Samples.Rxnet;

/// <summary>At its end, it is the recorded chain.</summary>
public sealed class ReplayedChainContractTests : ChainSourceContractTests, IDisposable
{
    private readonly InMemoryChain _recorded = new();
    private readonly ReplayedChain _chain;

    public ReplayedChainContractTests()
    {
        foreach (Block block in Blocks)
        {
            _recorded.Append(block);
        }

        _chain = new ReplayedChain(_recorded, Blocks.Count);
    }

    protected override IChainSource Source => _chain;

    public void Dispose()
    {
        _chain.Dispose();
        _recorded.Dispose();
    }
}

/// <summary>Before that, it is what came so far.</summary>
public sealed class ReplayedChainTests : IDisposable
{
    private static readonly IReadOnlyList<Block> Blocks = BoundaryChain.Blocks;

    private readonly InMemoryChain _recorded = new();

    public ReplayedChainTests()
    {
        foreach (Block block in Blocks)
        {
            _recorded.Append(block);
        }
    }

    public void Dispose() => _recorded.Dispose();

    [Fact]
    public void IsFollowedToTheEnd_WhenItGrows()
    {
        using var chain = new ReplayedChain(_recorded, 2);
        using IChainCursor cursor = chain.Follow();
        List<Point> followed = [];
        List<Tip> told = [];
        using IDisposable changes = chain.Changes.Subscribe(told.Add);
        bool more;
        do
        {
            while (cursor.TryNext(out ChainStep step))
            {
                Assert.Equal(chain.Tip, step.Tip);
                if (step.RollForward is { } header)
                {
                    followed.Add(header.Point);
                }
            }

            Assert.Equal(chain.Tip.Point, followed[^1]);
            more = chain.TryAdvance(tip => Assert.DoesNotContain(tip, told));
        }
        while (more);

        Assert.Equal(Blocks.Select(static block => block.Point), followed);
        Assert.Equal(_recorded.Tip, told[^1]);
    }

    [Fact]
    public void HidesWhatIsToCome_WhenItIsAskedForIt()
    {
        using var chain = new ReplayedChain(_recorded, 1);
        Point first = chain.Tip.Point;
        Point last = _recorded.Tip.Point;
        using IChainCursor cursor = chain.Follow();

        Assert.Null(chain.ReadRange(first, last));
        Assert.Null(cursor.FindIntersect([last]));
        Assert.Equal(first, cursor.FindIntersect([last, first]));
        Assert.Equal(Point.Origin, cursor.FindIntersect([last, Point.Origin]));
        using IBlockCursor? there = chain.ReadRange(first, first);
        Assert.NotNull(there);
    }

    [Fact]
    public void HasAllThereIs_WhenItIsToBeginWithMore()
    {
        using var chain = new ReplayedChain(_recorded, 1_000);

        Assert.Equal(_recorded.Tip, chain.Tip);
        Assert.False(chain.TryAdvance(static _ => Assert.Fail("nothing is to come")));
    }
}
