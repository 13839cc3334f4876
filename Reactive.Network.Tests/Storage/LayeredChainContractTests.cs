using Reactive.Network.Chain;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Storage;

/// <summary>Where the border runs must not be seen.</summary>
public abstract class LayeredChainContractTests : ChainSourceContractTests, IDisposable
{
    private readonly ImmutableFolder _folder;
    private readonly PoisoningArrayPool _arrays = new();
    private readonly ImmutableDatabase _database;
    private readonly LayeredChain _chain;

    /// <param name="immutable">Blocks in the immutable part.</param>
    /// <param name="removed">Blocks that stand in the immutable part, and were rolled back.</param>
    protected LayeredChainContractTests(int immutable, int removed = 0)
    {
        _folder = new ImmutableFolder(Blocks.Take(immutable + removed), BoundaryChain.SlotsPerChunk);
        _database = ImmutableDatabase.Open(_folder.Path, new ImmutableDatabaseOptions { SlotsPerChunk = BoundaryChain.SlotsPerChunk }, _arrays);
        _chain = new LayeredChain(Math.Max(1, Blocks.Count - immutable), _database);
        if (removed > 0)
        {
            _chain.RollBack(Blocks[immutable - 1].Point);
        }

        foreach (Block block in Blocks.Skip(immutable))
        {
            _chain.Append(block);
        }
    }

    protected override IChainSource Source => _chain;

    public void Dispose()
    {
        Assert.Equal(0, _arrays.Outstanding);
        Assert.True(_chain.ReachesImmutable);
        _chain.Dispose();
        _database.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }
}

public sealed class LayeredChainWithOneInMemoryContractTests() : LayeredChainContractTests(BoundaryChain.Blocks.Count - 1);

public sealed class LayeredChainWithNoneInMemoryContractTests() : LayeredChainContractTests(BoundaryChain.Blocks.Count);

public sealed class LayeredChainWithOneBelowContractTests() : LayeredChainContractTests(1);

public sealed class LayeredChainCutInTheMiddleContractTests() : LayeredChainContractTests(7, removed: 5);

/// <summary>The border runs between the boundary block and the block that shares its slot.</summary>
public sealed class LayeredChainAtABoundaryContractTests() : LayeredChainContractTests(
    1 + BoundaryChain.Blocks.Index().First(static item => item.Index > 0 && item.Item.Era == Era.ByronBoundary).Index);

public sealed class LayeredChainInMemoryContractTests : ChainSourceContractTests, IDisposable
{
    private readonly LayeredChain _chain = new(Blocks.Count);

    public LayeredChainInMemoryContractTests()
    {
        foreach (Block block in Blocks)
        {
            _chain.Append(block);
        }
    }

    protected override IChainSource Source => _chain;

    public void Dispose() => _chain.Dispose();
}
