using System.Buffers;
using System.Formats.Cbor;
using BenchmarkDotNet.Attributes;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.BlockFetch;

namespace Reactive.Network.Benchmarks.Protocols;

/// <summary>A block message read, and a request written, beside System.Formats.Cbor.</summary>
[MemoryDiagnoser]
public class BlockFetchCodecBenchmarks
{
    private readonly byte[] _message = Sample.BlockMessages(Sample.Blocks(1, 12_288));
    private readonly BlockFetchMessage _request;
    private readonly Point _point;
    private readonly ArrayBufferWriter<byte> _output = new(256);

    public BlockFetchCodecBenchmarks()
    {
        _point = Sample.Blocks(2, 2_048)[1].Point;
        _request = BlockFetchMessage.RequestRange(_point, _point);
    }

    [Benchmark]
    public int ReadBlock() => BlockFetchCodec.Read(_message).Block.Size;

    [Benchmark]
    public int ReadBlockSystemFormatsCbor()
    {
        var reader = new CborReader(_message, CborConformanceMode.Lax);
        reader.ReadStartArray();
        reader.ReadUInt64();
        reader.ReadTag();
        int length = reader.ReadDefiniteLengthByteString().Length;
        reader.ReadEndArray();
        return length;
    }

    [Benchmark]
    public int WriteRequest()
    {
        _output.ResetWrittenCount();
        BlockFetchCodec.Write(_output, in _request);
        return _output.WrittenCount;
    }

    [Benchmark]
    public int WriteRequestSystemFormatsCbor()
    {
        var writer = new CborWriter(CborConformanceMode.Lax);
        writer.WriteStartArray(3);
        writer.WriteUInt64(0);
        for (int i = 0; i < 2; i++)
        {
            writer.WriteStartArray(2);
            writer.WriteUInt64(_point.Slot);
            writer.WriteByteString(_point.Hash.AsSpan());
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        return writer.BytesWritten;
    }
}
