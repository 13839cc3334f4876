using System.Buffers;
using System.Formats.Cbor;
using BenchmarkDotNet.Attributes;
using Reactive.Network.Protocols.KeepAlive;

namespace Reactive.Network.Benchmarks.Protocols;

/// <summary>A ping written and read, beside System.Formats.Cbor.</summary>
[MemoryDiagnoser]
public class KeepAliveCodecBenchmarks
{
    private readonly ArrayBufferWriter<byte> _output = new(64);

    [Benchmark(Baseline = true)]
    public int SystemFormatsCbor()
    {
        var writer = new CborWriter(CborConformanceMode.Lax);
        writer.WriteStartArray(2);
        writer.WriteUInt64(0);
        writer.WriteUInt64(12_345);
        writer.WriteEndArray();
        var reader = new CborReader(writer.Encode(), CborConformanceMode.Lax);
        reader.ReadStartArray();
        reader.ReadUInt64();
        int cookie = (int)reader.ReadUInt32();
        reader.ReadEndArray();
        return cookie;
    }

    [Benchmark]
    public int KeepAlive()
    {
        _output.ResetWrittenCount();
        KeepAliveCodec.Write(_output, KeepAliveMessage.KeepAlive(12_345));
        return KeepAliveCodec.Read(_output.WrittenMemory).Cookie;
    }
}
