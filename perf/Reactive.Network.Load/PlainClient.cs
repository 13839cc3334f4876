using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Reactive.Network.Load;

/// <summary>What a plain connection asks the plain server for, in its first byte.</summary>
internal enum PlainWish : byte
{
    /// <summary>The encoded blocks, over and over.</summary>
    Blocks = 1,

    /// <summary>The encoded headers, over and over.</summary>
    Headers = 2,

    /// <summary>To be told of new headers.</summary>
    Announcements = 3,
}

/// <summary>The baseline: receives and does nothing with it.</summary>
internal static class PlainClient
{
    /// <summary>As large as the slab of a bearer.</summary>
    private const int BufferBytes = 256 * 1024;

    public static Socket Connect(int port, PlainWish wish)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        socket.Send([(byte)wish]);
        return socket;
    }

    /// <summary>Drains for a while.</summary>
    /// <param name="port">The plain server.</param>
    /// <param name="wish">Which bytes.</param>
    /// <param name="time">How long.</param>
    /// <returns>Bytes on the wire.</returns>
    public static long Drain(int port, PlainWish wish, TimeSpan time)
    {
        using Socket socket = Connect(port, wish);
        byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
        long bytes = 0;
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < time;)
        {
            int received = socket.Receive(buffer);
            if (received == 0)
            {
                throw new IOException("the plain server closed the connection");
            }

            bytes += received;
        }

        return bytes;
    }

    public static void ReceiveExactly(this Socket socket, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int received = socket.Receive(bytes);
            bytes = received > 0 ? bytes[received..] : throw new IOException("the connection was closed");
        }
    }
}
