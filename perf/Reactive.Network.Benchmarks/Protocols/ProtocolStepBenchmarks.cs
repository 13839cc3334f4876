using BenchmarkDotNet.Attributes;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;

namespace Reactive.Network.Benchmarks.Protocols;

/// <summary>One step of a protocol table: the next state, who has agency there, and its limits.</summary>
[MemoryDiagnoser]
public class ProtocolStepBenchmarks
{
    private readonly ChainSyncState _chainSync = ChainSyncState.CanAwait;
    private readonly BlockFetchState _blockFetch = BlockFetchState.Streaming;

    [Benchmark]
    public int ChainSync() => Step<ChainSyncProtocol, ChainSyncState, ChainSyncMessageKind>(_chainSync, ChainSyncMessageKind.RollForward);

    [Benchmark]
    public int BlockFetch() => Step<BlockFetchProtocol, BlockFetchState, BlockFetchMessageKind>(_blockFetch, BlockFetchMessageKind.Block);

    private static int Step<TProtocol, TState, TMessage>(TState state, TMessage message)
        where TProtocol : IMiniProtocol<TState, TMessage>
        where TState : struct, Enum
        where TMessage : struct, Enum
    {
        TState next = TProtocol.Advance(state, message) ?? throw new InvalidOperationException();
        return TProtocol.AgencyIn(next) == Agency.Responder ? TProtocol.LimitsIn(next).MaxBytes : 0;
    }
}
