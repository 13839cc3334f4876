using Reactive.Network.Chain;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Storage;

public sealed class InMemoryChainContractTests : ChainSourceContractTests, IDisposable
{
    private readonly InMemoryChain _chain = new();

    public InMemoryChainContractTests()
    {
        foreach (Block block in Blocks)
        {
            _chain.Append(block);
        }
    }

    protected override IChainSource Source => _chain;

    public void Dispose() => _chain.Dispose();
}
