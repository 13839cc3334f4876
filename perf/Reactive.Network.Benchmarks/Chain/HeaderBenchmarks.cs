using BenchmarkDotNet.Attributes;
using Reactive.Network.Chain;

namespace Reactive.Network.Benchmarks.Chain;

/// <summary>What is read of a header.</summary>
[MemoryDiagnoser]
public class HeaderBenchmarks
{
    private readonly Header _header = Sample.Blocks(2, 2_048)[1].Header;

    [Benchmark]
    public ulong Fields() => _header.ReadFields().BlockNumber;

    [Benchmark]
    public ulong Point() => _header.Point.Slot;

    [Benchmark]
    public int EstimatedBlockSize() => _header.EstimatedBlockSize;
}
