using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Storage;

namespace Reactive.Network.Load;

/// <summary>The server process: a node, and beside it a plain socket server that sends the same bytes with no library at all.</summary>
internal sealed class Server
{
    /// <summary>Blocks that <c>growing</c> holds back to announce them, at most half of them.</summary>
    public const int Announcements = 1_400;

    private const int PlainSendBytes = 128 * 1024;

    private readonly Corpus _corpus;
    private readonly IChainSource _source;
    private readonly Lock _gate = new();
    private readonly List<Socket> _announced = [];
    private SystemCallCounter? _counter;
    private int _announce;

    private Server(string source, int blockBytes, string? directory)
    {
        _corpus = Corpus.Of(blockBytes, directory);
        _source = source switch
        {
            "memory" => InMemory(_corpus.Blocks),
            "growing" => InMemory(_corpus.Blocks.Take(_announce = Math.Max(_corpus.Blocks.Count / 2, _corpus.Blocks.Count - Announcements))),
            "loop" => new LoopingChain(_corpus),
            "directory" => ImmutableDatabase.Open(directory!),
            _ => throw new ArgumentException(source, nameof(source)),
        };
    }

    /// <summary>Commands come in on standard input, one a line; each is answered by one line of JSON.</summary>
    public static int Run(string[] args)
    {
        Usage.CountExceptions();
        var server = new Server(args[1], int.Parse(args[2], CultureInfo.InvariantCulture), args.Length > 3 ? args[3] : null);
        var options = new NetworkOptions
        {
            Magic = NetworkMagic.Devnet,
            Serve = server._source,
            AcceptLimits = new AcceptLimits { SoftLimit = 10_000, HardLimit = 10_000 },
            KeepAlive = new() { Interval = TimeSpan.FromSeconds(30) },
        };
        TcpBearerListener bearers = TcpBearerListener.Listen(new IPEndPoint(IPAddress.Loopback, 0), options.Bearer);
        using PeerListener listener = PeerListener.Start(bearers, options);
        using var plain = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        plain.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        plain.Listen(4096);
        new Thread(() => server.AcceptPlain(plain)) { IsBackground = true }.Start();

        var answer = new ServerAnswer(bearers.LocalEndPoint.Port, ((IPEndPoint)plain.LocalEndPoint!).Port, default, 0, null);
        Say(answer);
        while (Console.In.ReadLine() is { } command)
        {
            Say(command switch
            {
                "usage" => answer with { Usage = Usage.Now() },
                "collect" => answer with { Usage = Usage.Now(collect: true) },
                "count" => answer with { Calls = server.Count() },
                "forget-plain" => server.ForgetPlain(answer),
                "announce" => answer with { Announced = server.Announce() },
                "announce-plain" => answer with { Announced = server.AnnouncePlain() },
                _ => answer,
            });
        }

        return 0;
    }

    private static void Say(ServerAnswer answer)
    {
        Console.Out.WriteLine(JsonSerializer.Serialize(answer, ServerJson.Default.ServerAnswer));
        Console.Out.Flush();
    }

    private static InMemoryChain InMemory(IEnumerable<Block> blocks)
    {
        var chain = new InMemoryChain();
        foreach (Block block in blocks)
        {
            chain.Append(block);
        }

        return chain;
    }

    /// <summary>Starts to count system calls, or says how many there were and stops.</summary>
    private SystemCalls? Count()
    {
        if (_counter is null)
        {
            _counter = SystemCallCounter.TryStart();
            return null;
        }

        SystemCalls calls = _counter.Read();
        _counter.Dispose();
        _counter = null;
        return calls;
    }

    /// <summary>Grows by the next block.</summary>
    private long Announce()
    {
        Block next = _corpus.Blocks[_announce++];
        long start = Stopwatch.GetTimestamp();
        ((InMemoryChain)_source).Append(next);
        return start;
    }

    private ServerAnswer ForgetPlain(ServerAnswer answer)
    {
        lock (_gate)
        {
            _announced.ForEach(static socket => socket.Dispose());
            _announced.Clear();
        }

        return answer;
    }

    /// <summary>The message that will announce the next block, from one thread, socket by socket.</summary>
    private long AnnouncePlain()
    {
        var message = new ArrayBufferWriter<byte>();
        Header header = _corpus.Blocks[_announce].Header;
        message.GetSpan(8).Clear();
        message.Advance(8);
        ChainSyncCodec.Write(message, ChainSyncMessage.RollForward(header, _source.Tip));
        long start = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            foreach (Socket socket in _announced)
            {
                socket.Send(message.WrittenSpan);
            }
        }

        return start;
    }

    private void AcceptPlain(Socket listener)
    {
        byte[] blocks = [];
        byte[] headers = [];
        Span<byte> wish = stackalloc byte[1];
        while (true)
        {
            Socket socket;
            try
            {
                socket = listener.Accept();
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // The process ends.
                return;
            }

            socket.NoDelay = true;
            socket.ReceiveExactly(wish);
            switch ((PlainWish)wish[0])
            {
                case PlainWish.Blocks:
                    blocks = blocks.Length > 0 ? blocks : _corpus.EncodeBlocks();
                    Stream(socket, blocks);
                    break;
                case PlainWish.Headers:
                    headers = headers.Length > 0 ? headers : _corpus.EncodeHeaders();
                    Stream(socket, headers);
                    break;
                default:
                    lock (_gate)
                    {
                        _announced.Add(socket);
                    }

                    break;
            }
        }
    }

    private static void Stream(Socket socket, byte[] wire) => new Thread(() =>
    {
        using (socket)
        {
            try
            {
                while (true)
                {
                    for (int at = 0; at < wire.Length; at += PlainSendBytes)
                    {
                        socket.Send(wire.AsSpan(at, Math.Min(PlainSendBytes, wire.Length - at)));
                    }
                }
            }
            catch (SocketException)
            {
                // The other side has seen enough.
            }
        }
    })
    {
        IsBackground = true,
    }.Start();
}
