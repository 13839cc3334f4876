using BenchmarkDotNet.Attributes;
using Reactive.Network.Chain;

namespace Reactive.Network.Benchmarks.Chain;

/// <summary>The hash, beside OpenSSL's where the machine has it: the same compression function with 64 bytes of output.</summary>
[MemoryDiagnoser]
public class Blake2b256Benchmarks
{
    private readonly ulong[] _state = new ulong[8];
    private byte[] _bytes = [];

    [Params(860, 65_536)]
    public int Length { get; set; }

    [GlobalSetup]
    public void SetUp() => new Random(1).NextBytes(_bytes = new byte[Length]);

    [Benchmark(Baseline = true)]
    public int OpenSsl() => OpenSslBlake2b.IsThere ? OpenSslBlake2b.Hash(_bytes) : 0;

    [Benchmark]
    public BlockHash OneStream() => Blake2b256.Hash(_bytes);

    [Benchmark]
    public ulong Portable()
    {
        Blake2bCompression.Iv.CopyTo(_state);
        ulong count = 0;
        for (int at = 0; at + Blake2bCompression.BlockBytes <= _bytes.Length; at += Blake2bCompression.BlockBytes)
        {
            count += Blake2bCompression.BlockBytes;
            Blake2bCompression.CompressPortable(_state, _bytes.AsSpan(at, Blake2bCompression.BlockBytes), count, last: false);
        }

        return _state[0];
    }
}
