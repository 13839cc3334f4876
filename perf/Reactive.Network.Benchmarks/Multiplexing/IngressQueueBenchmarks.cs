using System.Buffers;
using BenchmarkDotNet.Attributes;
using Reactive.Network.Cbor;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Benchmarks.Multiplexing;

/// <summary>A lane's ingress: SDU payloads in, whole messages out and given back; beside a copy of the same bytes. 256 KiB each.</summary>
[MemoryDiagnoser]
public class IngressQueueBenchmarks
{
    private const int SduBytes = 12_288;
    private const int ReadBytes = 256 * 1024;

    private byte[] _payload = [];
    private byte[] _target = [];
    private IngressQueue? _queue;

    [Params(900, 12_288, 90_112)]
    public int MessageBytes { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        // Smaller than any block: a string in the place of one.
        if (MessageBytes < 1_200)
        {
            var output = new ArrayBufferWriter<byte>();
            for (int i = 0; i < ReadBytes / MessageBytes; i++)
            {
                new CborSpanWriter(output).WriteByteString(new byte[MessageBytes - 3]);
            }

            _payload = output.WrittenSpan.ToArray();
        }
        else
        {
            _payload = Sample.BlockMessages(Sample.Blocks(Math.Max(2, ReadBytes / MessageBytes), MessageBytes));
        }

        _target = new byte[_payload.Length];
        _queue = new IngressQueue(new SlabPool(new NetworkOptions().Pool), 23_068_694, 2_500_000);
    }

    [Benchmark(Baseline = true)]
    public void Copy() => _payload.CopyTo(_target, 0);

    [Benchmark]
    public int AppendAndTake()
    {
        int taken = 0;
        for (int at = 0; at < _payload.Length; at += SduBytes)
        {
            ReadOnlySpan<byte> sdu = _payload.AsSpan(at, Math.Min(SduBytes, _payload.Length - at));
            if (_queue!.HasRoomFor(sdu.Length) && _queue.Append(sdu, 0, out _) != CborDefect.None)
            {
                throw new InvalidOperationException("not CBOR");
            }

            while (_queue.TryTake(out IngressMessage message, out _, out _))
            {
                message.Lease.Release();
                taken++;
            }
        }

        return taken;
    }
}
