using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using BenchmarkDotNet.Attributes;

namespace Reactive.Network.Benchmarks.Multiplexing;

/// <summary>
/// Two ways for the bytes of messages from a socket into a buffer each: read into a large slab and copied once, or scattered into place by the system, which is
/// shown here at its best: it knows beforehand where each message and each SDU begins.
/// </summary>
/// <remarks>Sensitive to what else runs on the machine: sender and receiver are two threads over loopback TCP. Time for 8 MB.</remarks>
[MemoryDiagnoser]
public class ReceivePlacementBenchmarks
{
    private const int WireBytes = 8 * 1024 * 1024;
    private const int SduBytes = 12_288;
    private const int HeaderBytes = 8;
    private const int SlabBytes = 256 * 1024;

    /// <summary>What the system takes in one call is 1,024 pieces; more than these cover a slab.</summary>
    private const int MostSegments = 512;

    private readonly byte[] _slab = new byte[SlabBytes];
    private readonly byte[] _header = new byte[HeaderBytes];
    private readonly List<ArraySegment<byte>> _places = [];
    private readonly List<ArraySegment<byte>> _window = [];
    private byte[] _wire = [];
    private byte[][] _messages = [];
    private Socket? _receiver;
    private Socket? _sender;

    [Params(900, 12_288, 90_112)]
    public int MessageBytes { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _messages = [.. Enumerable.Range(0, WireBytes / MessageBytes).Select(_ => new byte[MessageBytes])];
        Frame();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        _receiver = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _receiver.Connect(listener.LocalEndPoint!);
        _sender = listener.Accept();
        new Thread(SendWhenAsked) { IsBackground = true }.Start();
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _receiver?.Dispose();
        _sender?.Dispose();
    }

    [Benchmark(Baseline = true)]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public long SlabAndCopy()
    {
        _receiver!.Send([1]);
        int message = 0;
        int filled = 0;
        int sduLeft = 0;
        int headerSeen = 0;
        for (long left = _wire.Length; left > 0;)
        {
            int received = _receiver.Receive(_slab);
            left -= received;
            ReadOnlySpan<byte> bytes = _slab.AsSpan(0, received);
            while (!bytes.IsEmpty)
            {
                if (sduLeft == 0)
                {
                    int part = Math.Min(HeaderBytes - headerSeen, bytes.Length);
                    bytes[..part].CopyTo(_header.AsSpan(headerSeen));
                    bytes = bytes[part..];
                    headerSeen += part;
                    if (headerSeen == HeaderBytes)
                    {
                        sduLeft = BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(6));
                        headerSeen = 0;
                    }

                    continue;
                }

                int count = Math.Min(Math.Min(sduLeft, MessageBytes - filled), bytes.Length);
                bytes[..count].CopyTo(_messages[message].AsSpan(filled));
                bytes = bytes[count..];
                sduLeft -= count;
                filled += count;
                if (filled == MessageBytes)
                {
                    message++;
                    filled = 0;
                }
            }
        }

        return message;
    }

    [Benchmark]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public long ScatterIntoPlace()
    {
        _receiver!.Send([1]);
        int place = 0;
        int skip = 0;
        for (long left = _wire.Length; left > 0;)
        {
            _window.Clear();
            int wanted = 0;
            for (int i = place; i < _places.Count && _window.Count < MostSegments && wanted < SlabBytes; i++)
            {
                _window.Add(i == place ? _places[i][skip..] : _places[i]);
                wanted += _window[^1].Count;
            }

            int received = _receiver.Receive(_window);
            left -= received;
            for (received += skip; place < _places.Count && received >= _places[place].Count; place++)
            {
                received -= _places[place].Count;
            }

            skip = received;
        }

        return place;
    }

    /// <summary>Messages back to back, cut into SDUs wherever those end.</summary>
    private void Frame()
    {
        int payload = _messages.Length * MessageBytes;
        _wire = new byte[payload + (HeaderBytes * ((payload + SduBytes - 1) / SduBytes))];
        int at = 0;
        int message = 0;
        int filled = 0;
        for (int done = 0; done < payload;)
        {
            int length = Math.Min(SduBytes, payload - done);
            BinaryPrimitives.WriteUInt16BigEndian(_wire.AsSpan(at + 6), (ushort)length);
            _places.Add(_header);
            for (int left = length; left > 0;)
            {
                int count = Math.Min(left, MessageBytes - filled);
                _places.Add(new ArraySegment<byte>(_messages[message], filled, count));
                left -= count;
                filled = (filled + count) % MessageBytes;
                message += filled == 0 ? 1 : 0;
            }

            at += HeaderBytes + length;
            done += length;
        }
    }

    private void SendWhenAsked()
    {
        byte[] asked = new byte[1];
        try
        {
            while (_sender!.Receive(asked) > 0)
            {
                for (int at = 0; at < _wire.Length; at += SlabBytes / 2)
                {
                    _sender.Send(_wire, at, Math.Min(SlabBytes / 2, _wire.Length - at), SocketFlags.None);
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The benchmark is over.
        }
    }
}
