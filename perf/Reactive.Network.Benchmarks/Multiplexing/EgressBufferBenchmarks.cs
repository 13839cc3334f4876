using System.Buffers;
using BenchmarkDotNet.Attributes;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;

namespace Reactive.Network.Benchmarks.Multiplexing;

/// <summary>A lane's egress: messages in, SDU payloads out.</summary>
[MemoryDiagnoser]
public class EgressBufferBenchmarks
{
    private readonly EgressBuffer _egress = new(ArrayPool<byte>.Shared);
    private readonly byte[] _sdu = new byte[12_288];
    private readonly Block _block = Sample.Blocks(1, 12_288)[0];

    [Benchmark]
    public int BlockByReference()
    {
        BlockFetchCodec.WriteBlockPrefix(_egress, _block.Size);
        _egress.WriteReference(_block.Memory, _block.Lease);
        _egress.Commit();
        return TakeAll();
    }

    [Benchmark]
    public int HundredRequests()
    {
        for (int i = 0; i < 100; i++)
        {
            ChainSyncCodec.Write(_egress, ChainSyncMessage.RequestNext);
        }

        _egress.Commit();
        return TakeAll();
    }

    private int TakeAll()
    {
        int bytes = 0;
        while (_egress.Length > 0)
        {
            bytes += _egress.Take(_sdu, out _);
        }

        return bytes;
    }
}
