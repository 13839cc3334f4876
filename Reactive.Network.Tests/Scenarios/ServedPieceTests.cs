using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Storage;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>The recorded pieces, served from their directories to a client in virtual time.</summary>
public class ServedPieceTests
{
    public static TheoryData<string> Good => ChainPieces.Good;

    [Theory]
    [MemberData(nameof(Good))]
    public void ArrivesByteForByteInOrder_WhenFollowedFromOrigin(string name)
    {
        ChainPiece piece = ChainPieces.Load(name);
        using ImmutableDatabase database = ImmutableDatabase.Open(piece.Directory);
        var pair = new VirtualPair(server: options => options with { Serve = database });

        List<BlockRequest> requests = Follow(pair, Point.Origin, piece.Blocks);
        byte[] bytes = Fetch(pair, requests);

        Assert.Equal((piece.Blocks, piece.First, piece.Last.Point), (requests.Count, requests[0].Point, requests[^1].Point));
        Assert.True(piece.ReadChunks().AsSpan().SequenceEqual(bytes));
        Assert.False(pair.Client.Completion.IsCompleted);
        Assert.Empty(pair.Faults);
    }

    [Fact]
    public void DeliversWhatComesAfter_WhenTheIntersectionIsAnywhere()
    {
        ChainPiece piece = ChainPieces.Load("devnet-conway");
        using ImmutableDatabase database = ImmutableDatabase.Open(piece.Directory);
        List<Point> points = [.. database.HeadersAfter(Point.Origin).Select(static header => header.Point)];

        // First, last, both sides of each chunk border, and somewhere in between.
        foreach (int at in new[] { 0, 1, 50, 99, 100, 101, 199, 200, 298, 299 })
        {
            var pair = new VirtualPair(server: options => options with { Serve = database });

            List<BlockRequest> requests = Follow(pair, points[at], piece.Blocks - at - 1);

            Assert.Equal(points[(at + 1)..], requests.Select(static request => request.Point));
        }
    }

    [Fact]
    public void DeliversTheRange_WhenItCrossesChunkBorders()
    {
        ChainPiece piece = ChainPieces.Load("devnet-conway");
        using ImmutableDatabase database = ImmutableDatabase.Open(piece.Directory);
        List<Header> headers = database.HeadersAfter(Point.Origin);
        List<Block> blocks = database.Blocks(headers[0].Point, headers[^1].Point);
        var pair = new VirtualPair(server: options => options with { Serve = database });

        foreach ((int first, int last) in new[] { (99, 100), (0, 299), (98, 201), (199, 200), (100, 199), (299, 299) })
        {
            byte[] bytes = Fetch(pair, [.. headers[first..(last + 1)].Select(BlockRequest.For)]);

            Assert.True(blocks[first..(last + 1)].Bytes().AsSpan().SequenceEqual(bytes), $"{first} to {last}");
        }
    }

    [Theory]
    [InlineData("damaged-preprod-02019", 5)]
    [InlineData("damaged-preview-10366", 25)]
    [InlineData("damaged-sanchonet-04831", 0)]
    public void DeliversTheGoodPrefix_WhenThePieceIsDamaged(string name, int good)
    {
        using ImmutableDatabase database = ImmutableDatabase.Open(Support.DataFolder.Path("chain", name));
        var pair = new VirtualPair(server: options => options with { Serve = database });

        List<BlockRequest> requests = Follow(pair, Point.Origin, good);
        byte[] bytes = good == 0 ? [] : Fetch(pair, requests);

        string chunk = Directory.GetFiles(Support.DataFolder.Path("chain", name), "*.chunk").Single();
        Assert.Equal(good, requests.Count);
        Assert.True(File.ReadAllBytes(chunk).AsSpan().StartsWith(bytes));
        Assert.False(pair.Client.Completion.IsCompleted);
    }

    [Fact]
    public void EndsTheConnectionWithTheFileName_WhenTheDirectoryVanishes()
    {
        using ImmutableFolder folder = new(BoundaryChain.Blocks, BoundaryChain.SlotsPerChunk);
        using ImmutableDatabase database = ImmutableDatabase.Open(folder.Path);
        var pair = new VirtualPair(server: options => options with { Serve = database });
        foreach (string file in Directory.GetFiles(folder.Path))
        {
            File.Delete(file);
        }

        using IDisposable follow = pair.Client.ChainSync.Follow(Point.Origin).Subscribe(static _ => { }, static _ => { });
        pair.Run(TimeSpan.FromSeconds(1));

        ChainSourceException cause = Assert.IsType<ChainSourceException>(End(pair.Server));
        Assert.Equal(Fault.Local, cause.Fault);
        Assert.Contains("00000.secondary: entry 0: the file is missing", cause.Message, StringComparison.Ordinal);
        Assert.True(pair.Client.Completion.IsCompleted);
    }

    [Fact]
    public void LeavesNoSubscription_WhenConnectionsEnd()
    {
        using InMemoryChain chain = VirtualPair.ChainOf(3);
        for (int i = 0; i < 20; i++)
        {
            var pair = new VirtualPair(chain);
            using IDisposable follow = pair.Client.ChainSync.Follow(Point.Origin).Subscribe(static _ => { }, static _ => { });
            pair.Run(TimeSpan.FromSeconds(1));
            Assert.Equal(1, chain.ObserverCount);

            (i % 2 == 0 ? pair.Client : pair.Server).Dispose();
            pair.Run(TimeSpan.FromSeconds(1));

            Assert.Equal(0, chain.ObserverCount);
        }
    }

    [Fact]
    public void FollowsEveryForkSwitch_WhenTheChainInMemoryChanges()
    {
        using InMemoryChain chain = VirtualPair.ChainOf(10, bodyBytes: 300);
        List<Point> main = [.. chain.HeadersAfter(Point.Origin).Select(static header => header.Point)];
        var pair = new VirtualPair(chain);
        List<Point> folded = [];
        using IDisposable follow = pair.Client.ChainSync.Follow(Point.Origin).Subscribe(step =>
        {
            if (step.Kind == ChainEventKind.RollForward)
            {
                folded.Add(step.Header.Point);
            }
            else
            {
                folded.RemoveRange(folded.IndexOf(step.Point) + 1, folded.Count - folded.IndexOf(step.Point) - 1);
            }
        });
        pair.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(main, folded);

        foreach (int under in new[] { 7, 4, 1 })
        {
            chain.RollBack(main[under]);
            foreach (Block block in new ChainGenerator(new ChainGeneratorOptions
            {
                Seed = under,
                BodyBytes = 300,
                Parent = new Tip(main[under], (ulong)under),
            }).Take(12))
            {
                chain.Append(block);
            }

            pair.Run(TimeSpan.FromSeconds(1));
            Assert.Equal(chain.HeadersAfter(Point.Origin).Select(static header => header.Point), folded);
            Assert.Equal(under + 13, folded.Count);
        }
    }

    /// <summary>The headers that come, as requests for their blocks, until <paramref name="count"/> are there.</summary>
    private static List<BlockRequest> Follow(VirtualPair pair, Point from, int count)
    {
        List<BlockRequest> requests = [];
        Exception? failure = null;
        using IDisposable follow = pair.Client.ChainSync.Follow(from).Subscribe(
            step =>
            {
                if (step.Kind == ChainEventKind.RollForward)
                {
                    requests.Add(BlockRequest.For(step.Header));
                    step.Header.Dispose();
                }
            },
            error => failure = error);
        for (int i = 0; i < 60 && requests.Count < count; i++)
        {
            pair.Run(TimeSpan.FromSeconds(1));
        }

        pair.Run(TimeSpan.FromSeconds(1));
        Assert.Null(failure);
        return requests;
    }

    /// <summary>The blocks, checked by the client, one behind the other.</summary>
    private static byte[] Fetch(VirtualPair pair, IReadOnlyList<BlockRequest> requests)
    {
        using MemoryStream bytes = new();
        bool completed = false;
        Exception? failure = null;
        using IDisposable fetch = pair.Client.BlockFetch.Fetch(requests).Subscribe(
            block =>
            {
                bytes.Write(block.Span);
                block.Dispose();
            },
            error => failure = error,
            () => completed = true);
        for (int i = 0; i < 60 && !completed && failure is null; i++)
        {
            pair.Run(TimeSpan.FromSeconds(1));
        }

        Assert.Null(failure);
        Assert.True(completed);
        return bytes.ToArray();
    }

    /// <summary>Why a connection ended, which it has.</summary>
    private static NetworkException? End(PeerConnection connection)
    {
        Assert.True(connection.Completion.IsCompleted);
#pragma warning disable xUnit1031 // it is completed
        return connection.Completion.Result;
#pragma warning restore xUnit1031
    }
}
