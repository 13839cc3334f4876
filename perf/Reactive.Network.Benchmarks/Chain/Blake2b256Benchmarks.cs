using System.Runtime.Intrinsics.X86;
using BenchmarkDotNet.Attributes;
using Reactive.Network.Chain;

namespace Reactive.Network.Benchmarks.Chain;

/// <summary>The hash, beside OpenSSL's where the machine has it: the same compression function with 64 bytes of output.</summary>
[MemoryDiagnoser]
public class Blake2b256Benchmarks
{
    private const int Messages = 8;

    private readonly ulong[] _state = new ulong[8];
    private readonly BlockHash[] _hashes = new BlockHash[Messages];
    private ReadOnlyMemory<byte>[] _messages = [];
    private byte[] _bytes = [];

    [Params(860, 65_536)]
    public int Length { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        new Random(1).NextBytes(_bytes = new byte[Length]);
        _messages = [.. Enumerable.Range(0, Messages).Select(_ => (ReadOnlyMemory<byte>)_bytes.ToArray())];
    }

    [Benchmark(Baseline = true)]
    public int OpenSsl() => OpenSslBlake2b.IsThere ? OpenSslBlake2b.Hash(_bytes) : 0;

    [Benchmark]
    public BlockHash OneStream() => Blake2b256.Hash(_bytes);

    /// <summary>Time for each of eight.</summary>
    [Benchmark(OperationsPerInvoke = Messages)]
    public BlockHash EightSideBySide()
    {
        Blake2b256Many.Hash(_messages, _hashes);
        return _hashes[^1];
    }

    /// <summary>Time for each of eight, with the vectors of AVX2.</summary>
    [Benchmark(OperationsPerInvoke = Messages)]
    public BlockHash EightByFours()
    {
        Blake2b256Many.Hash(_messages, _hashes, Math.Min(4, Blake2b256Many.Lanes));
        return _hashes[^1];
    }

    /// <summary>What a machine with AVX2 and no more gets.</summary>
    [Benchmark]
    public ulong OneStreamAvx2() => Avx2.IsSupported ? CompressAll(Blake2bCompression.CompressAvx2) : 0;

    [Benchmark]
    public ulong Portable() => CompressAll(Blake2bCompression.CompressPortable);

    private ulong CompressAll(Compression compress)
    {
        Blake2bCompression.Iv.CopyTo(_state);
        ulong count = 0;
        for (int at = 0; at + Blake2bCompression.BlockBytes <= _bytes.Length; at += Blake2bCompression.BlockBytes)
        {
            count += Blake2bCompression.BlockBytes;
            compress(_state, _bytes.AsSpan(at, Blake2bCompression.BlockBytes), count, last: false);
        }

        return _state[0];
    }

    private delegate void Compression(Span<ulong> state, ReadOnlySpan<byte> block, ulong count, bool last);
}
