using System.Formats.Cbor;
using BenchmarkDotNet.Attributes;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Protocols.ChainSync;

namespace Reactive.Network.Benchmarks.Protocols;

/// <summary>
/// A roll forward decoded to its outer fields, the tip, and the header's slot, number and previous hash; beside the same work with System.Formats.Cbor.
/// </summary>
[MemoryDiagnoser]
public class RollForwardBenchmarks
{
    private readonly byte[] _message = Sample.RollForward();

    [Benchmark(Baseline = true)]
    public ulong SystemFormatsCbor()
    {
        var reader = new CborReader(_message, CborConformanceMode.Lax);
        reader.ReadStartArray();
        ulong sum = reader.ReadUInt64();
        reader.ReadStartArray();
        sum += reader.ReadUInt64();
        reader.ReadTag();
        ReadOnlyMemory<byte> header = reader.ReadDefiniteLengthByteString();
        reader.ReadEndArray();
        reader.ReadStartArray();
        reader.ReadStartArray();
        sum += reader.ReadUInt64();
        sum += reader.ReadDefiniteLengthByteString().Span[0];
        reader.ReadEndArray();
        sum += reader.ReadUInt64();
        reader.ReadEndArray();
        reader.ReadEndArray();

        var fields = new CborReader(header, CborConformanceMode.Lax);
        fields.ReadStartArray();
        fields.ReadStartArray();
        sum += fields.ReadUInt64();
        sum += fields.ReadUInt64();
        return sum + fields.ReadDefiniteLengthByteString().Span[0];
    }

    [Benchmark]
    public ulong ChainSync()
    {
        ChainSyncMessage message = ChainSyncCodec.Read(_message);
        HeaderFields fields = message.Header.ReadFields();
        return message.Tip.BlockNumber + message.Tip.Point.Slot + message.Tip.Point.Hash.AsSpan()[0]
            + fields.BlockNumber + fields.Slot + fields.PreviousHash!.Value.AsSpan()[0];
    }

    /// <summary>What the baseline does, and no more, as the client of chain-sync does it: the header is read as far as the previous hash.</summary>
    [Benchmark]
    public ulong ChainSyncAsFarAsNeeded()
    {
        ChainSyncCodec.TryReadRollForward(MemoryLease.Unowned(_message), out Header header, out Tip tip);
        (ulong slot, ulong number, BlockHash? previous) = HeaderFields.ReadPlace(header.Span, header.Era);
        return tip.BlockNumber + tip.Point.Slot + tip.Point.Hash.AsSpan()[0] + number + slot + previous!.Value.AsSpan()[0];
    }

    [Benchmark]
    public ulong ChainSyncOuterOnly() => ChainSyncCodec.Read(_message).Tip.BlockNumber;
}
