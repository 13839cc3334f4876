using BenchmarkDotNet.Attributes;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Benchmarks.Multiplexing;

/// <summary>256 KiB of SDUs found in one read, beside a copy of the same bytes.</summary>
[MemoryDiagnoser]
public class DemuxerBenchmarks : IDemuxTarget
{
    private const int ReadBytes = 256 * 1024;

    private readonly byte[] _target = new byte[ReadBytes];
    private byte[] _read = [];
    private Demuxer? _demuxer;
    private long _payload;

    [Params(900, 12_288)]
    public int SduBytes { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        int sdus = ReadBytes / (SduBytes + SduHeader.Size);
        _read = new byte[sdus * (SduBytes + SduHeader.Size)];
        for (int i = 0; i < sdus; i++)
        {
            new SduHeader(0, SduSender.Responder, new MiniProtocolId(3), SduBytes).Write(_read.AsSpan(i * (SduBytes + SduHeader.Size)));
        }

        _demuxer = new Demuxer(this);
    }

    [Benchmark(Baseline = true)]
    public void Copy() => _read.CopyTo(_target, 0);

    [Benchmark]
    public long Demux()
    {
        _demuxer!.Receive(_read, 0);
        return _payload;
    }

    void IDemuxTarget.OnSduBegin(SduHeader header)
    {
    }

    void IDemuxTarget.OnSduPayload(ReadOnlySpan<byte> bytes, bool last, long arrival) => _payload += bytes.Length;
}
