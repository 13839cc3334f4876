using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.BlockFetch;

namespace Reactive.Network.Load;

/// <summary>
/// The follower process of the scenario <c>announce</c>. Over one connection it follows headers and fetches the block of each; over two bare sockets it answers as many bytes
/// with as many, once with a callback, as a bearer waits, and once with a thread that stands in <c>Receive</c>.
/// </summary>
internal static class Follower
{
    public const string ChildArgument = "--follower-process";

    /// <summary>Arguments: the port to connect to, the bytes of a plain announcement, the bytes of a plain answer. Runs until the standard input ends.</summary>
    public static int Run(string[] args)
    {
        int[] numbers = [.. args[1..].Select(static word => int.Parse(word, CultureInfo.InvariantCulture))];
        (int port, int announcement, int answer) = (numbers[0], numbers[1], numbers[2]);
        using PeerConnection connection = PeerConnection.ConnectAsync(
            new PeerAddress("127.0.0.1", port), new NetworkOptions { Magic = NetworkMagic.Devnet }).GetAwaiter().GetResult();
        using IDisposable following = connection.ChainSync.Follow(Point.Origin).Recycle(
            told =>
            {
                if (told.Kind == ChainEventKind.RollForward)
                {
                    connection.BlockFetch.Fetch([BlockRequest.For(told.Header)]).Recycle(static _ => { }, Fail);
                }
            },
            Fail);
        using Socket awaiting = Connect(port);
        using Socket blocking = Connect(port);
        _ = AnswerAsync(awaiting, announcement, answer);
        new Thread(() => Answer(blocking, announcement, answer)) { IsBackground = true }.Start();
        while (Console.In.ReadLine() is not null)
        {
        }

        return 0;
    }

    /// <summary>Without this process the other one has nothing to measure, and says so.</summary>
    private static void Fail(Exception error)
    {
        Console.Error.WriteLine($"the follower: {error.Message}");
        Environment.Exit(1);
    }

    private static Socket Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    private static async Task AnswerAsync(Socket socket, int announcement, int answer)
    {
        byte[] buffer = new byte[announcement];
        byte[] reply = new byte[answer];
        try
        {
            for (int received = 0, count; (count = await socket.ReceiveAsync(buffer)) > 0;)
            {
                received += count;
                if (received >= announcement)
                {
                    received = 0;
                    socket.Send(reply);
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Closed at the end.
        }
    }

    private static void Answer(Socket socket, int announcement, int answer)
    {
        byte[] buffer = new byte[announcement];
        byte[] reply = new byte[answer];
        try
        {
            while (true)
            {
                socket.ReceiveExactly(buffer);
                socket.Send(reply);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or IOException)
        {
            // Closed at the end.
        }
    }
}
