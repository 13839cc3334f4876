using BenchmarkDotNet.Attributes;
using Reactive.Network.Chain;

namespace Reactive.Network.Benchmarks.Chain;

/// <summary>The check of a block against its point, beside hashing its bytes once and nothing else.</summary>
[MemoryDiagnoser]
public class BlockVerifierBenchmarks
{
    private Block _block;
    private Point _point;

    [Params(2_048, 12_288, 90_112)]
    public int BlockBytes { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _block = Sample.Blocks(1, BlockBytes)[0];
        _point = _block.Point;
    }

    [Benchmark(Baseline = true)]
    public BlockHash HashOfAllBytes() => Blake2b256.Hash(_block.Span);

    [Benchmark]
    public BlockDefect Verify() => BlockVerifier.Verify(_block, _point);
}
