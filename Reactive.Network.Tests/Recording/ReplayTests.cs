using System.Reactive.Linq;
using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Recording;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Scenarios;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Recording;

/// <summary>A recorded connection against the other end, in virtual time: as it was, and with every way of being different.</summary>
public class ReplayTests
{
    private const string Proposal = "8200a10e84182af500f4";
    private const string Acceptance = "83010e84182af500f4";

    private static readonly InMemoryChain Chain = VirtualPair.ChainOf(40);
    private static readonly byte[] Followed = Recordings.Record(Chain, FollowAndFetch);

    [Fact]
    public void FindsNoDifference_WhenTheServerIsTheSame()
    {
        ReplayReport report = Recordings.AsClient(Followed, Chain);

        Assert.Null(report.Difference);
        Assert.True(report.Matched > 80, $"{report}");
        Assert.False(report.IsCutOff);
    }

    [Fact]
    public void FindsNoDifference_WhenTheClientIsTheSame()
    {
        var points = new List<Point>();

        ReplayReport report = Recordings.AsServer(Followed, client =>
        {
            client.ChainSync.Follow(Point.Origin).Subscribe(e => points.Add(e.Point), _ => { });
            Fetch(client, Chain);
        });

        // The recorded client said Done of its own, the one here is left.
        Assert.Equal(Headers(Chain).Select(header => header.Point).Prepend(Point.Origin), points);
        Assert.True(report.Difference is null || report.Difference.Expected!.StartsWith("Done", StringComparison.Ordinal) || report.Difference.Expected.StartsWith("ClientDone", StringComparison.Ordinal), $"{report.Difference}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public void FindsNoDifference_WhenThePathTearsEverything(int maxChunk)
    {
        var torn = new InMemoryBearerOptions { MaxChunk = maxChunk, Latency = TimeSpan.FromMilliseconds(1) };

        Assert.Null(Recordings.AsClient(Followed, Chain, path: torn).Difference);
        Assert.Null(Recordings.AsClient(Recordings.Record(Chain, FollowAndFetch, path: torn), Chain).Difference);
    }

    [Fact]
    public void NamesTheFirstMessageThatDiffers_WhenTheServerHasAnotherChain()
    {
        ReplayDifference difference = Recordings.AsClient(Followed, VirtualPair.ChainOf(40, seed: 2)).Difference!;

        Assert.Equal((ReplayDifferenceKind.OtherMessage, "chain-sync", SduSender.Responder), (difference.Kind, difference.ProtocolName, difference.Sender));
        Assert.StartsWith("IntersectFound", difference.Expected, StringComparison.Ordinal);
        Assert.NotEqual(difference.Expected, difference.Received);
        Assert.InRange(difference.ToString().Length, 50, 700);
    }

    [Fact]
    public void NamesTheProposal_WhenTheClientIsOfAnotherNetwork()
    {
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        PeerConnection.Connect(a, Recordings.Options(time) with { Magic = NetworkMagic.Preview });

        ReplayDifference difference = Recordings.Run(time, b, Followed, new ReplayOptions { As = CaptureSide.Server }).Difference!;

        Assert.Equal((ReplayDifferenceKind.OtherMessage, "handshake", SduSender.Initiator, 1L), (difference.Kind, difference.ProtocolName, difference.Sender, difference.Number));
    }

    [Fact]
    public void NamesWhatIsMissingAtItsTick_WhenThePeerSaysNothing()
    {
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        var silent = new BytePeer(b);
        using ReplayPeer replay = ReplayPeer.Start(
            a, new CaptureReader(new MemoryStream(Followed)), new ReplayOptions { Scheduler = time, Patience = TimeSpan.FromSeconds(4) });

        time.AdvanceTo(TimeSpan.FromSeconds(4).Ticks - 100);
        bool early = silent.IsClosed;
        time.AdvanceBy(TimeSpan.FromMilliseconds(1).Ticks);
        bool closed = silent.IsClosed;
        time.AdvanceBy(TimeSpan.FromSeconds(5).Ticks);

        Assert.Equal((false, true), (early, closed));
        ReplayDifference difference = Recordings.Report(replay).Difference!;
        Assert.Equal((ReplayDifferenceKind.NoMessage, "handshake", 1L), (difference.Kind, difference.ProtocolName, difference.Number));
        Assert.StartsWith("AcceptVersion", difference.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesWhatIsMissing_WhenThePeerCloses()
    {
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        time.Schedule(default(object), TimeSpan.FromSeconds(1), (_, _) =>
        {
            b.Abort();
            return System.Reactive.Disposables.Disposable.Empty;
        });
        _ = new BytePeer(b);

        ReplayDifference difference = Recordings.Run(time, a, Followed, new ReplayOptions()).Difference!;

        Assert.Equal((ReplayDifferenceKind.Closed, "handshake"), (difference.Kind, difference.ProtocolName));
        Assert.Equal(BearerFailure.Reset, Assert.IsType<BearerException>(difference.Cause).Kind);
    }

    [Theory]
    [InlineData("ff", "not CBOR")]
    [InlineData("8163666f6f", "8163666f6f")]
    public void SaysSo_WhenThePeerSendsNoMessage(string hex, string named)
    {
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        var peer = new BytePeer(b);
        using ReplayPeer replay = ReplayPeer.Start(a, new CaptureReader(new MemoryStream(Followed)), new ReplayOptions { Scheduler = time });
        time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);

        peer.Send(Recordings.Sdu(0, SduSender.Responder, hex));
        time.AdvanceBy(TimeSpan.FromSeconds(5).Ticks);

        ReplayDifference difference = Recordings.Report(replay).Difference!;
        Assert.Equal(ReplayDifferenceKind.NotAMessage, difference.Kind);
        Assert.Contains(named, difference.Received, StringComparison.Ordinal);
    }

    [Fact]
    public void ComparesMeaning_WhenThePeerEncodesItDifferently()
    {
        // A definite list of points where the reference writes an indefinite one; the same message.
        const string Point = "821a00448dff5820f8084c61b6a238acec985b59310b6ecec49c0ab8352249afd7268da5cff2a457";
        byte[] file = Recordings.Of(
            (CaptureSide.Client, 0, SduSender.Initiator, Proposal),
            (CaptureSide.Server, 0, SduSender.Responder, Acceptance),
            (CaptureSide.Client, 2, SduSender.Initiator, $"82049f{Point}ff"),
            (CaptureSide.Server, 2, SduSender.Responder, "8206828000"));

        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        var peer = new BytePeer(a);
        using ReplayPeer replay = ReplayPeer.Start(b, new CaptureReader(new MemoryStream(file)), new ReplayOptions { As = CaptureSide.Server, Scheduler = time });
        peer.Send(Recordings.Sdu(0, SduSender.Initiator, Proposal));
        time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);
        peer.Send(Recordings.Sdu(2, SduSender.Initiator, $"820481{Point}"));
        time.AdvanceBy(TimeSpan.FromSeconds(5).Ticks);

        Assert.Null(Recordings.Report(replay).Difference);
        Assert.Equal([Acceptance, "8206828000"], peer.Sdus.Select(sdu => Convert.ToHexStringLower(sdu.Payload)));
    }

    [Fact]
    public void AnswersEachRequestWhenItComes_WhenTheClientAsksLessFarAhead()
    {
        // Recorded: three requests ahead, three answers in one SDU. Here: one after the other.
        byte[] file = Recordings.Of(
            (CaptureSide.Client, 0, SduSender.Initiator, Proposal),
            (CaptureSide.Server, 0, SduSender.Responder, Acceptance),
            (CaptureSide.Client, 2, SduSender.Initiator, "810081008100"),
            (CaptureSide.Server, 2, SduSender.Responder, "830380828000" + "830380828000" + "8101"));
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        var peer = new BytePeer(a);
        using ReplayPeer replay = ReplayPeer.Start(b, new CaptureReader(new MemoryStream(file)), new ReplayOptions { As = CaptureSide.Server, Scheduler = time });
        peer.Send(Recordings.Sdu(0, SduSender.Initiator, Proposal));
        var seen = new List<string>();
        for (int i = 0; i < 3; i++)
        {
            time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);
            peer.Send(Recordings.Sdu(2, SduSender.Initiator, "8100"));
            time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);
            seen.Add(Convert.ToHexStringLower(peer.Sdus[^1].Payload));
        }

        time.AdvanceBy(TimeSpan.FromSeconds(5).Ticks);
        Assert.Equal(["830380828000", "830380828000", "8101"], seen);
        Assert.Null(Recordings.Report(replay).Difference);
    }

    [Fact]
    public void KeepsTheRecordedSdus_WhenTheClientAsksAsFarAhead()
    {
        byte[] file = Recordings.Of(
            (CaptureSide.Client, 0, SduSender.Initiator, Proposal),
            (CaptureSide.Server, 0, SduSender.Responder, Acceptance),
            (CaptureSide.Client, 2, SduSender.Initiator, "810081008100"),
            (CaptureSide.Server, 2, SduSender.Responder, "830380828000" + "8303"),
            (CaptureSide.Server, 2, SduSender.Responder, "80828000" + "8101"));
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        var peer = new BytePeer(a);
        using ReplayPeer replay = ReplayPeer.Start(b, new CaptureReader(new MemoryStream(file)), new ReplayOptions { As = CaptureSide.Server, Scheduler = time });
        peer.Send(Recordings.Sdu(0, SduSender.Initiator, Proposal));
        time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);
        peer.Send(Recordings.Sdu(2, SduSender.Initiator, "810081008100"));
        time.AdvanceBy(TimeSpan.FromSeconds(5).Ticks);

        Assert.Equal([Acceptance, "8303808280008303", "808280008101"], peer.Sdus.Select(sdu => Convert.ToHexStringLower(sdu.Payload)));
        Assert.All(peer.Sdus, sdu => Assert.Equal(77u, sdu.Header.TimestampMicroseconds));
        Assert.Null(Recordings.Report(replay).Difference);
    }

    [Fact]
    public void AnswersPingsAndCountsTheRest_WhenThePeerSaysMoreThanWasRecorded()
    {
        byte[] file = Recordings.Of(
            (CaptureSide.Client, 0, SduSender.Initiator, Proposal),
            (CaptureSide.Server, 0, SduSender.Responder, Acceptance),
            (CaptureSide.Client, 8, SduSender.Initiator, "820001"),
            (CaptureSide.Server, 8, SduSender.Responder, "820101"),
            (CaptureSide.Client, 2, SduSender.Initiator, "8100"),
            (CaptureSide.Server, 2, SduSender.Responder, "8101"));
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        var peer = new BytePeer(a);
        using ReplayPeer replay = ReplayPeer.Start(b, new CaptureReader(new MemoryStream(file)), new ReplayOptions { As = CaptureSide.Server, Scheduler = time });
        peer.Send(Recordings.Sdu(0, SduSender.Initiator, Proposal));
        time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);
        peer.Send([.. Recordings.Sdu(8, SduSender.Initiator, "82001904d2"), .. Recordings.Sdu(4, SduSender.Initiator, "8106"), .. Recordings.Sdu(8, SduSender.Initiator, "820007")]);
        time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);
        string[] echoed = [.. peer.Sdus.Where(sdu => sdu.Header.Protocol.Value == 8).Select(sdu => Convert.ToHexStringLower(sdu.Payload))];
        peer.Send(Recordings.Sdu(2, SduSender.Initiator, "8100"));
        time.AdvanceBy(TimeSpan.FromSeconds(5).Ticks);

        Assert.Equal("82011904d2820107", string.Concat(echoed));
        Assert.Equal((null, 1L), (Recordings.Report(replay).Difference, Recordings.Report(replay).Extra));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(1, 10)]
    public void WaitsForThePingsThatWereRecordedButNotForEver_WhenNothingElseIsLeft(int pings, int seconds)
    {
        byte[] file = Recordings.Of(
            (CaptureSide.Client, 0, SduSender.Initiator, Proposal),
            (CaptureSide.Server, 0, SduSender.Responder, Acceptance),
            (CaptureSide.Client, 8, SduSender.Initiator, "820001"),
            (CaptureSide.Server, 8, SduSender.Responder, "820101"),
            (CaptureSide.Client, 8, SduSender.Initiator, "820002"),
            (CaptureSide.Server, 8, SduSender.Responder, "820102"));
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        var peer = new BytePeer(a);
        using ReplayPeer replay = ReplayPeer.Start(b, new CaptureReader(new MemoryStream(file)), new ReplayOptions { As = CaptureSide.Server, Scheduler = time });
        peer.Send(Recordings.Sdu(0, SduSender.Initiator, Proposal));
        time.AdvanceBy(TimeSpan.FromMilliseconds(100).Ticks);
        for (int i = 0; i < pings; i++)
        {
            Assert.False(peer.IsClosed);
            peer.Send(Recordings.Sdu(8, SduSender.Initiator, "820005"));
            time.AdvanceBy(TimeSpan.FromMilliseconds(100).Ticks);
        }

        time.AdvanceBy(TimeSpan.FromSeconds(seconds - 1).Ticks);
        bool early = peer.IsClosed && seconds > 1;
        time.AdvanceBy(TimeSpan.FromSeconds(5).Ticks);

        Assert.False(early);
        Assert.Equal(1 + pings, peer.Sdus.Count);
        Assert.Null(Recordings.Report(replay).Difference);
    }

    [Fact]
    public void NegotiatesAVersionOfToday_WhenTheRecordedOneIsGone()
    {
        // Versions 7 to 10, of which the server took 10.
        byte[] file = Recordings.Of(
            (CaptureSide.Client, 0, SduSender.Initiator, "8200a4" + "0782182af4" + "0882182af4" + "0982182af4" + "0a82182af5"),
            (CaptureSide.Server, 0, SduSender.Responder, "83010a82182af4"),
            (CaptureSide.Client, 2, SduSender.Initiator, "820480"),
            (CaptureSide.Server, 2, SduSender.Responder, "8206828000"));

        ReplayReport recorded = Recordings.AsClient(file, new InMemoryChain());
        ReplayReport negotiated = Recordings.AsClient(file, new InMemoryChain(), new ReplayOptions { Handshake = ReplayHandshake.Negotiated });

        Assert.Equal("handshake", recorded.Difference?.ProtocolName);
        Assert.Null(negotiated.Difference);
        Assert.Equal(1, negotiated.Matched);
    }

    [Fact]
    public void NegotiatesByItself_WhenTheRecordingHasNoHandshake()
    {
        byte[] file = Recordings.Of(
            (CaptureSide.Client, 2, SduSender.Initiator, "820480"),
            (CaptureSide.Server, 2, SduSender.Responder, "8206828000"));

        Assert.Null(Recordings.AsClient(file, new InMemoryChain(), new ReplayOptions { Magic = NetworkMagic.Devnet }).Difference);
        Assert.Equal(
            CaptureFailure.NoHandshake,
            Assert.Throws<CaptureException>(() => Recordings.AsClient(file, new InMemoryChain())).Failure);
    }

    [Fact]
    public void Fails_WhenThereIsNoSuchConnection()
    {
        Assert.Equal(
            CaptureFailure.NoSuchConnection,
            Assert.Throws<CaptureException>(() => Recordings.AsClient(Followed, Chain, new ReplayOptions { Connection = 2 })).Failure);
    }

    [Fact]
    public void HoldsLittleOfIt_WhenTheRecordingIsLong()
    {
        // 2,000 blocks of 9 KB: 18 MB, of which 2 MiB may be held.
        InMemoryChain chain = VirtualPair.ChainOf(2_000, bodyBytes: 9_000);
        byte[] file = Recordings.Record(chain, client => Fetch(client, chain), seconds: 60);

        ReplayReport report = Recordings.AsClient(file, chain, new ReplayOptions { MaxBytesAhead = 2 * 1024 * 1024 });

        Assert.True(file.Length > 18_000_000);
        Assert.Null(report.Difference);
        Assert.True(report.Matched > 2_000);
    }

    [Fact]
    public void EndsAtItsBound_WhenMoreWouldHaveToBeHeld()
    {
        // One answer of 3 MB, of which no whole message can be made with less.
        byte[] file = Recordings.Of(
        [
            (CaptureSide.Client, 0, SduSender.Initiator, Proposal),
            (CaptureSide.Server, 0, SduSender.Responder, Acceptance),
            (CaptureSide.Server, 3, SduSender.Responder, "8204d8185a002dc6c0"),
            .. Enumerable.Repeat((CaptureSide.Server, 3, SduSender.Responder, new string('0', 120_000)), 50),
        ]);

        Assert.Equal(
            CaptureFailure.TooMuchAhead,
            Assert.Throws<CaptureException>(() => Recordings.AsServer(file, _ => { }, new ReplayOptions { Handshake = ReplayHandshake.Negotiated, MaxBytesAhead = 1024 * 1024 })).Failure);
    }

    [Fact]
    public void IsCancelled_WhenItIsDisposed()
    {
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        var peer = new BytePeer(b);
        ReplayPeer replay = ReplayPeer.Start(a, new CaptureReader(new MemoryStream(Followed)), new ReplayOptions { Scheduler = time });
        time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);

        replay.Dispose();
        time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);

        Assert.True(replay.Completion.IsCanceled);
        Assert.True(peer.IsClosed);
    }

    [Fact]
    public void ReadsNoMore_WhenItIsDisposedAndItsFileIsClosed()
    {
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        _ = new BytePeer(b);
        // Longer than what a reader has in its buffer.
        var file = new MemoryStream(Recordings.Of(
        [
            (CaptureSide.Client, 0, SduSender.Initiator, Proposal),
            (CaptureSide.Server, 0, SduSender.Responder, Acceptance),
            .. Enumerable.Repeat((CaptureSide.Server, 3, SduSender.Responder, "8204d81859ea60" + new string('0', 120_000)), 5),
        ]));
        ReplayPeer replay = ReplayPeer.Start(a, new CaptureReader(file), new ReplayOptions { Scheduler = time });

        replay.Dispose();
        bool open = file.CanRead;
        file.Dispose();
        time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);

        Assert.True(open, "the file was closed while the replay may read");
        Assert.True(replay.Completion.IsCanceled);
    }

    [Fact]
    public void ClosesItsFile_WhenItIsDisposed()
    {
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        _ = new BytePeer(b);
        var file = new MemoryStream(Followed);
        ReplayPeer replay = ReplayPeer.Start(a, new CaptureReader(file), new ReplayOptions { Scheduler = time });
        time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);

        replay.Dispose();
        time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);

        Assert.False(file.CanRead);
    }

    [Fact]
    public void NamesWhatIsMissingAtItsTick_WhenThePeerOnlyPings()
    {
        byte[] file = Recordings.Of(
            (CaptureSide.Client, 0, SduSender.Initiator, Proposal),
            (CaptureSide.Server, 0, SduSender.Responder, Acceptance),
            (CaptureSide.Client, 2, SduSender.Initiator, "8100"),
            (CaptureSide.Server, 2, SduSender.Responder, "8101"));
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        var peer = new BytePeer(a);
        using ReplayPeer replay = ReplayPeer.Start(b, new CaptureReader(new MemoryStream(file)), new ReplayOptions { As = CaptureSide.Server, Scheduler = time });
        peer.Send(Recordings.Sdu(0, SduSender.Initiator, Proposal));
        for (int i = 0; i < 9; i++)
        {
            time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);
            peer.Send(Recordings.Sdu(8, SduSender.Initiator, "820005"));
        }

        time.AdvanceTo(TimeSpan.FromSeconds(10).Ticks - 100);
        bool early = peer.IsClosed;
        time.AdvanceBy(TimeSpan.FromMilliseconds(1).Ticks);
        bool closed = peer.IsClosed;
        time.AdvanceBy(TimeSpan.FromSeconds(5).Ticks);

        Assert.Equal((false, true), (early, closed));
        Assert.Equal(9, peer.Sdus.Count(sdu => sdu.Header.Protocol.Value == 8));
        ReplayDifference difference = Recordings.Report(replay).Difference!;
        Assert.Equal((ReplayDifferenceKind.NoMessage, "chain-sync"), (difference.Kind, difference.ProtocolName));
    }

    [Fact]
    public void EndsAtItsBound_WhenThePeerSaysMuchThatHasNoPlace()
    {
        // More than may be held stands behind a request that does not come.
        byte[] file = Recordings.Of(
        [
            (CaptureSide.Client, 0, SduSender.Initiator, Proposal),
            (CaptureSide.Server, 0, SduSender.Responder, Acceptance),
            (CaptureSide.Client, 2, SduSender.Initiator, "8100"),
            .. Enumerable.Repeat((CaptureSide.Server, 3, SduSender.Responder, "8204d81859ea60" + new string('0', 120_000)), 30),
        ]);
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        var peer = new BytePeer(a);
        using ReplayPeer replay = ReplayPeer.Start(
            b, new CaptureReader(new MemoryStream(file)), new ReplayOptions { As = CaptureSide.Server, Scheduler = time, MaxBytesAhead = 1024 * 1024 });
        peer.Send(Recordings.Sdu(0, SduSender.Initiator, Proposal));
        string much = string.Concat(Enumerable.Repeat("8106", 20_000));
        peer.Send(Recordings.Sdu(4, SduSender.Initiator, much));
        time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);
        bool early = replay.Completion.IsCompleted;
        peer.Send(Recordings.Sdu(4, SduSender.Initiator, much));
        time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);

        Assert.False(early);
        Assert.Equal(CaptureFailure.TooMuchAhead, Assert.Throws<CaptureException>(() => Recordings.Report(replay)).Failure);
    }

    private static void FollowAndFetch(PeerConnection client)
    {
        client.ChainSync.Follow(Point.Origin).Subscribe(_ => { }, _ => { });
        Fetch(client, Chain);
    }

    private static void Fetch(PeerConnection client, InMemoryChain chain) =>
        client.BlockFetch.Fetch([.. Headers(chain).Select(header => BlockRequest.For(header))]).Subscribe(block => block.Dispose(), _ => { });

    private static List<Header> Headers(InMemoryChain chain)
    {
        var headers = new List<Header>();
        var pair = new VirtualPair(chain);
        pair.Client.ChainSync.Follow(Point.Origin).Where(e => e.Kind == ChainEventKind.RollForward).Subscribe(e => headers.Add(e.Header));
        pair.Run(TimeSpan.FromSeconds(10));
        return headers;
    }
}
