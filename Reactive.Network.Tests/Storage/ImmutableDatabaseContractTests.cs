using Reactive.Network.Chain;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Storage;

/// <summary>Whether its chunks were verified on opening or are checked as they are read must not be seen.</summary>
public abstract class ImmutableDatabaseContractTests : ChainSourceContractTests, IDisposable
{
    private readonly ImmutableFolder _folder = new(Blocks, BoundaryChain.SlotsPerChunk);
    private readonly PoisoningArrayPool _arrays = new();
    private readonly ImmutableDatabase _database;

    protected ImmutableDatabaseContractTests(long verifyWholeUpToBytes) =>
        _database = ImmutableDatabase.Open(_folder.Path, new ImmutableDatabaseOptions { VerifyWholeUpToBytes = verifyWholeUpToBytes }, _arrays);

    protected override IChainSource Source => _database;

    public void Dispose()
    {
        Assert.Null(_database.Defect);
        Assert.Equal(0, _arrays.Outstanding);
        _database.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }
}

public sealed class VerifiedImmutableDatabaseContractTests() : ImmutableDatabaseContractTests(long.MaxValue);

public sealed class UnverifiedImmutableDatabaseContractTests() : ImmutableDatabaseContractTests(0);
