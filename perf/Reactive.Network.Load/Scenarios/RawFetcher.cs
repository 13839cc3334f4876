using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.BlockFetch;

namespace Reactive.Network.Load.Scenarios;

/// <summary>A block-fetch client that asks for ranges far enough ahead and counts the bytes that come: as cheap as a plain drain.</summary>
internal static class RawFetcher
{
    private const int BufferBytes = 256 * 1024;
    private const int RangeBytes = 512 * 1024;
    private const long WindowBytes = 4 * 1024 * 1024;
    private const int SduHeaderBytes = 8;
    private const ushort Handshake = 0;
    private const ushort BlockFetch = 3;

    public static Work Run(int port, Corpus corpus, TimeSpan time)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        ShakeHands(socket);

        byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
        var message = new ArrayBufferWriter<byte>();
        long asked = 0;
        long received = 0;
        int next = 0;
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < time;)
        {
            while (asked - received < WindowBytes)
            {
                int first = next;
                for (long range = 0; range < RangeBytes && next < corpus.Requests.Length; next++)
                {
                    range += corpus.Blocks[next].Size;
                    asked += corpus.Blocks[next].Size;
                }

                Ask(socket, message, corpus.Requests[first].Point, corpus.Requests[next - 1].Point);
                next %= corpus.Requests.Length;
            }

            int count = socket.Receive(buffer);
            if (count == 0)
            {
                throw new IOException("the node closed the connection");
            }

            received += count;
        }

        return new Work((long)(received / ((double)corpus.BlockBytes / corpus.Blocks.Count)), received);
    }

    /// <summary>Proposes version 14, initiator only, and takes whatever is answered.</summary>
    private static void ShakeHands(Socket socket)
    {
        var message = new ArrayBufferWriter<byte>();
        Begin(message);
        var writer = new CborSpanWriter(message);
        writer.WriteArrayHeader(2);
        writer.WriteUInt(0);
        writer.WriteMapHeader(1);
        writer.WriteUInt(14);
        writer.WriteArrayHeader(4);
        writer.WriteUInt(NetworkMagic.Devnet.Value);
        writer.WriteBool(true);
        writer.WriteUInt(0);
        writer.WriteBool(false);
        Send(socket, message, Handshake);
        byte[] header = new byte[SduHeaderBytes];
        socket.ReceiveExactly(header);
        socket.ReceiveExactly(new byte[BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(6))]);
    }

    private static void Ask(Socket socket, ArrayBufferWriter<byte> message, Point first, Point last)
    {
        Begin(message);
        BlockFetchCodec.Write(message, BlockFetchMessage.RequestRange(first, last));
        Send(socket, message, BlockFetch);
    }

    private static void Begin(ArrayBufferWriter<byte> message)
    {
        message.ResetWrittenCount();
        message.GetSpan(SduHeaderBytes)[..SduHeaderBytes].Clear();
        message.Advance(SduHeaderBytes);
    }

    private static void Send(Socket socket, ArrayBufferWriter<byte> message, ushort protocol)
    {
        byte[] sdu = message.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(sdu.AsSpan(4), protocol);
        BinaryPrimitives.WriteUInt16BigEndian(sdu.AsSpan(6), (ushort)(sdu.Length - SduHeaderBytes));
        socket.Send(sdu);
    }
}
