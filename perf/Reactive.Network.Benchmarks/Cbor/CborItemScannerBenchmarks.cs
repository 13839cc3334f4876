using BenchmarkDotNet.Attributes;
using Reactive.Network.Cbor;

namespace Reactive.Network.Benchmarks.Cbor;

/// <summary>Finding the end of an item: a block message, which is one long string, and a block itself, which is many short items.</summary>
[MemoryDiagnoser]
public class CborItemScannerBenchmarks
{
    private byte[] _message = [];
    private byte[] _block = [];
    private CborItemScanner _scanner = new(2_500_000);

    [Params(2_048, 90_112)]
    public int BlockBytes { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _block = Sample.Blocks(1, BlockBytes)[0].Span.ToArray();
        _message = Sample.BlockMessages(Sample.Blocks(1, BlockBytes));
    }

    [Benchmark]
    public int BlockMessage() => Scan(_message, _message.Length);

    [Benchmark]
    public int BlockMessageInSdus() => Scan(_message, 12_288);

    [Benchmark]
    public int BlockItself() => Scan(_block, _block.Length);

    [Benchmark]
    public int BlockItselfWhole() =>
        CborItem.Measure(_block, out int length, out _) == System.Buffers.OperationStatus.Done ? length : throw new InvalidOperationException();

    private int Scan(byte[] item, int pieceBytes)
    {
        _scanner.Reset();
        int at = 0;
        while (_scanner.Scan(item.AsSpan(at, Math.Min(pieceBytes, item.Length - at)), out int consumed) == System.Buffers.OperationStatus.NeedMoreData)
        {
            at += consumed;
        }

        return at;
    }
}
