using System.Text;
using global::Rxnet.Crawling;
using global::Rxnet.Following;
using global::Rxnet.Output;
using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.Handshake;

namespace Reactive.Network.Tests.Samples.Rxnet;

public sealed class OutputTests : IDisposable
{
    private const string Hash = "ada70f69caf5fc5802e013a12f6f82b3a037e6a4f12814211c73c96e6e79291c";

    private const string Peer = "127.0.0.1:3001";
    private static readonly Point Point = new(12, BlockHash.Parse(Hash));

    private readonly MemoryStream _written = new();
    private readonly StandardOutput _output;

    public OutputTests() => _output = new StandardOutput(_written);

    public void Dispose() => _output.Dispose();

    [Fact]
    public void WritesTheEventsOfFollow_WhenJsonIsAskedFor()
    {
        var json = new JsonFollowOutput(_output);

        json.Write(new FollowEvent.PeerUp(Peer));
        json.Write(new FollowEvent.Intersect(Point.Origin, default));
        json.Write(new FollowEvent.Measured(Peer, default));
        json.Write(new FollowEvent.RollForward(Point, new BlockFacts(7, Era.ByronBoundary, 821, 3, Peer), default));
        json.Write(new FollowEvent.RollForward(Point, new BlockFacts(7, Era.Conway, 821, null, Peer), default));
        json.Write(new FollowEvent.RollBackward(Point, default));
        json.Write(new FollowEvent.PeerDown(Peer, new InvalidBlockException(Point, BlockDefect.WrongBodyHash), true));
        json.Write(new FollowEvent.PeerDown(Peer, new BearerException(BearerFailure.Reset, "x", "two\nlines"), false));
        json.Write(new FollowEvent.PeerDown(Peer, new ConnectionClosedException("done"), false));

        Assert.Equal(
            [
                """{"event":"peerUp","peer":"127.0.0.1:3001"}""",
                """{"event":"intersect","slot":null,"hash":null}""",
                $$"""{"event":"rollForward","slot":12,"height":7,"hash":"{{Hash}}","era":"byron-ebb","bytes":821,"transactions":3,"peer":"127.0.0.1:3001"}""",
                $$"""{"event":"rollForward","slot":12,"height":7,"hash":"{{Hash}}","era":"conway","bytes":821,"transactions":null,"peer":"127.0.0.1:3001"}""",
                $$"""{"event":"rollBackward","slot":12,"hash":"{{Hash}}"}""",
                $$"""{"event":"peerDown","peer":"127.0.0.1:3001","cause":"InvalidBlock: the block delivered for 12.{{Hash}} is not valid: WrongBodyHash","fault":"Remote"}""",
                """{"event":"peerDown","peer":"127.0.0.1:3001","cause":"Bearer: two lines","fault":"Transport"}""",
                """{"event":"peerDown","peer":"127.0.0.1:3001","cause":"done","fault":null}""",
            ],
            Lines());
    }

    [Fact]
    public void WritesTheEventsOfPing_WhenJsonIsAskedFor()
    {
        var json = new PingOutput(_output, asJson: true);

        json.Handshake(new NegotiatedVersion(15, 42, false, false, false, false));
        json.Tip(default);
        json.Tip(new Tip(Point, 7));
        json.Pong(TimeSpan.FromTicks(12_345));

        Assert.Equal(
            [
                """{"event":"handshake","version":15,"magic":42,"duplex":false}""",
                """{"event":"tip","slot":null,"height":null,"hash":null}""",
                $$"""{"event":"tip","slot":12,"height":7,"hash":"{{Hash}}"}""",
                """{"event":"pong","rttMs":1.234}""",
            ],
            Lines());
    }

    [Fact]
    public void WritesTheEventOfFetch_WhenJsonIsAskedFor()
    {
        new FetchOutput(_output, asJson: true).Block(new BlockFile(Point, 821, "out/x.cbor"));

        Assert.Equal([$$"""{"event":"block","slot":12,"hash":"{{Hash}}","bytes":821,"file":"out/x.cbor"}"""], Lines());
    }

    [Fact]
    public void WritesEvidence_WhenJsonIsAskedFor()
    {
        var json = new JsonFollowOutput(_output);

        json.Write(new FollowEvent.Blamed(Peer, EvidenceKind.NoBlocks, 7));
        json.Write(new FollowEvent.Blamed(Peer, EvidenceKind.BrokenLink, null));

        Assert.Equal(
            [
                """{"event":"evidence","peer":"127.0.0.1:3001","kind":"noBlocks","request":7}""",
                """{"event":"evidence","peer":"127.0.0.1:3001","kind":"brokenLink","request":null}""",
            ],
            Lines());
    }

    [Fact]
    public void WritesTheEventsOfTip_WhenJsonIsAskedFor()
    {
        var tips = new TipOutput(_output, asJson: true);

        tips.Write(new TipBoard.Row(Peer) { Tip = new Tip(Point, 7), RoundTrip = TimeSpan.FromTicks(12_345) }, 3);
        tips.Write(new TipBoard.Row(Peer) { Down = new BearerException(BearerFailure.Reset, "x", "gone") }, null);

        Assert.Equal(
            [
                $$"""{"event":"tip","peer":"127.0.0.1:3001","slot":12,"height":7,"hash":"{{Hash}}","behind":3,"rttMs":1.234}""",
                """{"event":"peerDown","peer":"127.0.0.1:3001","cause":"Bearer: gone","fault":"Transport"}""",
            ],
            Lines());
    }

    [Fact]
    public void WritesOneGraph_WhenACrawlIsOver()
    {
        var seed = new PeerAddress("127.0.0.1", 1);
        var told = new PeerAddress("127.0.0.1", 2);
        var graph = new CrawlGraph(
            [new CrawledNode(seed) { Versions = [14, 15], Magic = 42, PeerSharing = true, Told = [told] }, new CrawledNode(told) { Error = "refused" }],
            [(seed, told)],
            IsComplete: true);

        new CrawlOutput(_output, asJson: true).Write(graph);

        Assert.Equal(
            [
                ("{'event':'graph','nodes':[{'peer':'127.0.0.1:1','versions':[14,15],'magic':42,'peerSharing':true,'error':null},"
                + "{'peer':'127.0.0.1:2','versions':null,'magic':null,'peerSharing':null,'error':'refused'}],"
                + "'edges':[{'from':'127.0.0.1:1','to':'127.0.0.1:2'}],'complete':true}").Replace('\'', '"'),
            ],
            Lines());
    }

    [Fact]
    public async Task CountsBlocksBeyondTen_WhenTheyFloodPlainLines()
    {
        var time = new TestScheduler();
        var plain = new PlainFollowOutput(_output, new FollowStatistics([(Peer, null)], time), time);

        plain.Write(new FollowEvent.PeerUp(Peer));
        for (ulong height = 0; height < 25; height++)
        {
            plain.Write(new FollowEvent.RollForward(new Point(height, Point.Hash), new BlockFacts(height, Era.Conway, 1_000_000, 1, Peer), default));
        }

        time.AdvanceBy(TimeSpan.FromSeconds(3).Ticks);
        await plain.DisposeAsync();

        string[] lines = Lines();
        Assert.Equal(13, lines.Length);
        Assert.Equal("127.0.0.1:3001 is up", lines[0]);
        Assert.Equal($"block 9 9.{Hash} conway 1000000 bytes, 1 transaction", lines[10]);
        Assert.Equal($"tip 24 (24.{Hash}), height 24, 25.0 blocks/s, 25.00 MB/s, peers 127.0.0.1:3001 followed -", lines[11]);
        Assert.Equal($"followed 25 blocks (25.00 MB) and 0 roll backs in 3.0 s, to 24.{Hash}", lines[12]);
    }

    [Fact]
    public void MeasuresTheLastFiveSeconds_WhenTimePasses()
    {
        var time = new TestScheduler();
        var meter = new RateMeter(time);
        for (int second = 0; second < 60; second++)
        {
            meter.Add(second < 30 ? 100 : 10);
            time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);
            if (second is 10 or 50)
            {
                Assert.Equal(second < 30 ? 100 : 10, meter.PerSecond, tolerance: 0.01);
            }
        }

        time.AdvanceBy(TimeSpan.FromSeconds(10).Ticks);
        Assert.Equal(0, meter.PerSecond);
    }

    [Fact]
    public void SaysThatItWasClosed_WhenNobodyReads()
    {
        using var closed = new StandardOutput(new BrokenPipe());

        Assert.Throws<OutputClosedException>(() => closed.WriteLine("one"));
    }

    private string[] Lines() => Encoding.UTF8.GetString(_written.ToArray()).TrimEnd('\n').Split('\n');

    private sealed class BrokenPipe : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("Broken pipe", 32);

        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("Broken pipe", 32);
    }
}
