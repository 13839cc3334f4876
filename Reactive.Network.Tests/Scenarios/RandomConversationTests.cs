using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>Whole conversations that no two seeds have alike: torn in any way they lose nothing, damaged in one bit they end or go on, never hang.</summary>
public class RandomConversationTests
{
    private static readonly TimeSpan LongerThanEveryLimitOfAnAnswer = TimeSpan.FromMinutes(3);

    [Fact]
    public void LosesNothing_WhenTheStreamIsTornAndStrandsRunInAnyOrder() => SeededScheduler.ForEachSeed(25, scheduler =>
    {
        var random = new Random(scheduler.Seed);
        var pool = new PoisoningArrayPool();
        (InMemoryChain chain, Block[] blocks) = ChainOf(15, bodyBytes: 1 << random.Next(10, 15));
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(scheduler, new InMemoryBearerOptions
        {
            Pool = pool,
            MaxChunk = random.Next(3) switch { 0 => random.Next(1, 10), 1 => random.Next(1, 1_000), _ => 262_144 },
            Capacity = random.Next(2) == 0 ? random.Next(1, 20_000) : 1_048_576,
        });
        var options = new NetworkOptions
        {
            Magic = NetworkMagic.Devnet,
            Scheduler = scheduler,
            Seed = scheduler.Seed,
            Pool = pool,
            Serve = chain,
            Mux = MuxOptions.Default with
            {
                SduBytes = random.Next(2) == 0 ? random.Next(1, 200) + 16 : 12_288,
                BatchSdus = random.Next(1, 101),
            },
        };
        PeerConnection server = PeerConnection.Accept(b, options);
        PeerConnection client = PeerConnection.Connect(a, options);

        // Both roles on one connection, so each end asks the other.
        var sides = new[] { new Side(client, blocks, random), new Side(server, blocks, random) };
        scheduler.AdvanceBy(TimeSpan.FromSeconds(30));

        foreach (Side side in sides)
        {
            side.ShouldHaveEverything();
        }

        Assert.False(client.Completion.IsCompleted || server.Completion.IsCompleted);
        client.Dispose();
        scheduler.AdvanceBy(TimeSpan.FromSeconds(3));
        Assert.True(server.Completion.IsCompleted);
        Assert.Equal(0, pool.Outstanding);
    });

    [Fact]
    public void EndsOrGoesOn_WhenOneBitOfAConversationIsDamaged()
    {
        int ended = 0;
        int wentOn = 0;
        Seeds.ForEach(150, random =>
        {
            bool client = random.Next(2) == 0;
            if (Damage(client, position: random.Next(client ? 33_000 : 2_000), bit: random.Next(8)))
            {
                ended++;
            }
            else
            {
                wentOn++;
            }
        });

        Assert.True(ended > 10 && wentOn > 10, $"{ended} ended, {wentOn} went on");
    }

    [Fact]
    public void EndsOrGoesOn_WhenOneBitOfAHeaderOrRequestIsDamaged()
    {
        // Every bit of the first 130 bytes: handshake, SDU headers and the first requests and replies.
        for (int bit = 0; bit < 130 * 8; bit += 3)
        {
            Damage(client: true, bit / 8, bit % 8);
            Damage(client: false, bit / 8, bit % 8);
        }
    }

    [Fact]
    public void EndsOrGoesOn_WhenOneBitOfACapturedStreamIsDamaged()
    {
        string[] files = Directory.GetFiles(DataFolder.Path("messages", "captures"), "n2n-*.bin");
        Assert.NotEmpty(files);
        Seeds.ForEach(60, random =>
        {
            byte[] stream = File.ReadAllBytes(files[random.Next(files.Length)]);
            bool isServer = SduHeader.Read(stream).Sender == SduSender.Responder;
            byte[] rest = WithoutHandshake(stream);
            Encounter encounter = isServer ? Encounter.Connected() : Encounter.Accepted();
            if (rest.Length > 0)
            {
                rest[random.Next(rest.Length)] ^= (byte)(1 << random.Next(8));
            }

            foreach (byte[] piece in rest.Chunk(random.Next(1, 5_000)))
            {
                encounter.Peer.Send(piece);
                encounter.Run(TimeSpan.FromTicks(random.Next(100)));
            }

            encounter.Run(LongerThanEveryLimitOfAnAnswer);

            // Nobody answers our pings: at the latest that ends the connection.
            Assert.NotNull(encounter.Cause);
            encounter.Settle();
            Assert.True(encounter.Peer.IsClosed);
            Assert.Equal(0, encounter.Pool.Outstanding);
            Assert.False(encounter.Bystander.Client.Completion.IsCompleted);
        });
    }

    /// <returns>Whether the connection ended.</returns>
    private static bool Damage(bool client, int position, int bit)
    {
        string where = $"bit {bit} of byte {position} on its way to the {(client ? "client" : "server")}";
        var time = new TestScheduler();
        var pool = new PoisoningArrayPool();
        var faults = new List<Exception>();
        (InMemoryChain chain, Block[] blocks) = ChainOf(15, bodyBytes: 1_000);
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time, new InMemoryBearerOptions { Pool = pool });
        var options = new NetworkOptions
        {
            Magic = NetworkMagic.Devnet,
            Scheduler = time,
            Seed = 1,
            Pool = pool,
            ObserverFaulted = faults.Add,
        };
        PeerConnection server = PeerConnection.Accept(client ? b : new DamagingBearer(b, position, bit), options with { Serve = chain });
        PeerConnection ours = PeerConnection.Connect(client ? new DamagingBearer(a, position, bit) : a, options);
        int headers = 0;
        bool followEnded = false;
        ours.ChainSync.Follow(Point.Origin).Subscribe(
            e =>
            {
                headers += e.Kind == ChainEventKind.RollForward ? 1 : 0;
                if (e.Kind == ChainEventKind.RollForward)
                {
                    e.Header.Dispose();
                }
            },
            _ => followEnded = true,
            () => followEnded = true);
        int fetched = 0;
        bool fetchEnded = false;
        ours.BlockFetch.Fetch([.. blocks.Select(block => BlockRequest.For(block.Header))]).Subscribe(
            block =>
            {
                fetched++;
                block.Dispose();
            },
            _ => fetchEnded = true,
            () => fetchEnded = true);

        time.AdvanceBy(LongerThanEveryLimitOfAnAnswer.Ticks);

        Assert.Empty(faults);
        Assert.True(fetchEnded, $"the fetch hangs: {where}");
        if (!ours.Completion.IsCompleted)
        {
            Assert.False(server.Completion.IsCompleted, $"one end is open and the other is not: {where}");
            return false;
        }

        Assert.True(followEnded, $"the follower was not told: {where}");
        Assert.True(server.Completion.IsCompleted, $"one end is open and the other is not: {where}");
        Assert.NotNull(ours.Completion.Result ?? server.Completion.Result);
        Assert.Equal(0, pool.Outstanding);
        return true;
    }

    private static byte[] WithoutHandshake(byte[] stream)
    {
        var rest = new List<byte>();
        for (int position = 0; position < stream.Length;)
        {
            SduHeader header = SduHeader.Read(stream.AsSpan(position));
            int length = SduHeader.Size + header.PayloadLength;
            if (header.Protocol.Value != 0)
            {
                rest.AddRange(stream.AsSpan(position, length));
            }

            position += length;
        }

        return [.. rest];
    }

    private static (InMemoryChain Chain, Block[] Blocks) ChainOf(int count, int bodyBytes)
    {
        Block[] blocks = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 1, BodyBytes = bodyBytes }).Take(count)];
        var chain = new InMemoryChain();
        foreach (Block block in blocks)
        {
            chain.Append(block);
        }

        return (chain, blocks);
    }

    /// <summary>One end that follows the other's chain and fetches pieces of it.</summary>
    private sealed class Side
    {
        private readonly List<Point> _followed = [];
        private readonly List<(Block Expected, Point Fetched, bool IsEqual)> _fetched = [];
        private readonly Block[] _blocks;
        private int _expected;
        private int _ended;
        private int _fetches;

        public Side(PeerConnection connection, Block[] blocks, Random random)
        {
            _blocks = blocks;
            connection.ChainSync.Follow(Point.Origin).Subscribe(e =>
            {
                if (e.Kind == ChainEventKind.RollForward)
                {
                    _followed.Add(e.Header.Point);
                    e.Header.Dispose();
                }
            }, _ => { });
            _fetches = random.Next(1, 4);
            for (int i = 0; i < _fetches; i++)
            {
                int from = random.Next(blocks.Length);
                Block[] piece = blocks[from..random.Next(from + 1, blocks.Length + 1)];
                _expected += piece.Length;
                int next = 0;
                connection.BlockFetch.Fetch([.. piece.Select(block => BlockRequest.For(block.Header))]).Subscribe(
                    block =>
                    {
                        Block expected = piece[next++];
                        _fetched.Add((expected, block.Point, expected.Memory.Span.SequenceEqual(block.Memory.Span)));
                        block.Dispose();
                    },
                    e => Assert.Fail(e.Message),
                    () => _ended++);
            }
        }

        public void ShouldHaveEverything()
        {
            Assert.Equal(_blocks.Select(block => block.Point), _followed);
            Assert.Equal(_fetches, _ended);
            Assert.Equal(_expected, _fetched.Count);
            Assert.All(_fetched, block => Assert.True(block.IsEqual));
        }
    }
}
