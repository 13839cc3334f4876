using System.Reactive.Disposables;
using System.Reactive.Linq;
using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.Handshake;
using Reactive.Network.Protocols.TxSubmission;
using Reactive.Network.Recording;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Protocols;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Recording;

/// <summary>What others captured on sockets of real nodes: our client against the captured server, our server against the captured client.</summary>
public class CapturedTests
{
    private static readonly Point First = new(16_588_737, BlockHash.Parse("4e9bbbb67e3ae262133d94c3da5bffce7b1127fc436e7433b87668dba34c354a"));
    private static readonly Point Second = new(87_826_944, BlockHash.Parse("bb1f48efacd09174088ab314633f46d84b830c73c2a78e0de94a40ef174208e2"));
    private static readonly BlockHash Announced = BlockHash.Parse("084511f090443c7d39e589b6dcba3ee5fd0e50c57f0ac8148cc8d6841bc23f47");
    private static readonly ReplayOptions Today = new() { Handshake = ReplayHandshake.Negotiated };

    [Fact]
    public void OurServerSaysWhatTheNodeSaid_WhenTheMainnetClientIsPlayed()
    {
        ReplayReport report = Play(Connection(), MainnetChain(), tornAt: 0, out _);

        Assert.Null(report.Difference);
        // Two intersections, a pong, a roll back, a roll forward.
        Assert.Equal((6L, 5L, 0L), (report.Sent, report.Matched, report.Extra));
    }

    [Fact]
    public void OurServerSaysTheSame_WhenTheMainnetClientIsTornAnywhere()
    {
        byte[] file = Connection();
        IChainSource chain = MainnetChain();
        Play(file, chain, tornAt: 0, out long length);
        Assert.InRange(length, 100, 500);
        for (int at = 1; at < length; at++)
        {
            Assert.True(Play(file, MainnetChain(), at, out _).Difference is null, $"torn at {at}");
        }
    }

    [Fact]
    public void OurClientHearsWhatTheNodeSaid_WhenTheMainnetServerIsPlayed() => HearsMainnet(tornAt: 0);

    [Fact]
    public void OurClientHearsTheSame_WhenTheMainnetServerIsTornAnywhere()
    {
        long length = HearsMainnet(tornAt: 0);
        Assert.InRange(length, 1_000, 1_500);
        for (int at = 1; at < length; at++)
        {
            HearsMainnet(at);
        }
    }

    [Fact]
    public void OurServerSendsTheCapturedBatch_WhenItHasTheChain()
    {
        using ImmutableDatabase chain = PreprodShelley();
        byte[] file = Batch(chain);

        ReplayReport report = Play(file, chain, tornAt: 0, out _, NetworkMagic.Preprod);

        Assert.Null(report.Difference);
        Assert.Equal(12, report.Matched);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2_880)]
    [InlineData(3_046)]
    [InlineData(3_050)]
    public void OurClientGetsTheCapturedBatch_WhenTheServerIsPlayed(int tornAt)
    {
        using ImmutableDatabase chain = PreprodShelley();
        BlockRequest[] wanted = [.. Requests(chain)];
        var blocks = new List<Block>();
        bool completed = false;

        ReplayReport report = Hear(
            Batch(chain),
            client => client.BlockFetch.Fetch(wanted).Subscribe(blocks.Add, () => completed = true),
            tornAt,
            out _,
            NetworkMagic.Preprod);

        Assert.Null(report.Difference);
        Assert.True(completed);
        Assert.Equal(wanted.Select(one => one.Point), blocks.Select(block => block.Point));
        Assert.Equal(Enumerable.Range(60, 10).Select(n => (ulong)n), blocks.Select(block => block.BlockNumber));
    }

    [Fact]
    public void OurClientGetsOneBlockOfSevenSdus_WhenTheServerIsPlayed()
    {
        byte[] captured = Stream("n2n-blockfetch-7-sdus");
        byte[] start = Recordings.Sdu(3, SduSender.Responder, "8102");
        byte[] item = Assert.Single(Items(captured), one => one[1] == 4);
        Block expected = BlockFetchCodec.Read(item).Block;
        var blocks = new List<Block>();
        byte[] file = Import(Recordings.Sdu(3, SduSender.Initiator, Range(expected.Point, expected.Point)), [.. start, .. captured]);

        ReplayReport report = Hear(
            file, client => client.BlockFetch.Fetch([new BlockRequest(expected.Point, expected.Size)]).Subscribe(blocks.Add, _ => { }), 0, out _, NetworkMagic.Mainnet);

        Assert.Null(report.Difference);
        Assert.Equal(expected.Span, Assert.Single(blocks).Span);
        Assert.Equal(8_937_547u, blocks[0].BlockNumber);
    }

    [Fact]
    public void OurClientWaits_WhenTheNodeSaidAwaitReply()
    {
        var events = new List<ChainSyncEvent>();
        byte[] file = Import(
            [.. Recordings.Sdu(2, SduSender.Initiator, "82049f80ff"), .. Recordings.Sdu(2, SduSender.Initiator, "8100"), .. Recordings.Sdu(2, SduSender.Initiator, "8100")],
            [.. Recordings.Sdu(2, SduSender.Responder, "830580828000"), .. Recordings.Sdu(2, SduSender.Responder, "830380828000"), .. Stream("n2n-await-reply")]);

        ReplayReport report = Hear(file, client => client.ChainSync.Follow(Point.Origin).Subscribe(events.Add, _ => { }), 0, out _, NetworkMagic.Mainnet);

        Assert.Null(report.Difference);
        Assert.Equal(ChainEventKind.Intersected, Assert.Single(events).Kind);
    }

    [Fact]
    public void OurClientTellsItsTransactions_WhenTheRelayAskedForIds()
    {
        using var mempool = new InMemoryMempool();
        Assert.True(mempool.TryAdd(Protocols.TxSubmission.Transactions.Of(1)));
        byte[] captured = Stream("n2n-request-tx-ids-2021");
        TxSubmissionMessage asked = TxSubmissionCodec.Read(Assert.Single(Items(captured)));

        ReplayReport report = Hear(
            Import(Recordings.Sdu(4, SduSender.Initiator, "8106"), captured), client => client.TxSubmission.Offer(mempool).Subscribe(_ => { }, _ => { }), 0, out _, NetworkMagic.Mainnet);

        Assert.Null(report.Difference);
        Assert.Equal((TxSubmissionMessageKind.RequestTxIdsBlocking, 1L), (asked.Kind, report.Matched));
    }

    [Theory]
    [InlineData("n2n-propose-v4-v13", 764_824_073u, false)]
    [InlineData("n2n-propose-magic42", 42u, false)]
    [InlineData("n2c-propose-v1-v12-mainnet", 764_824_073u, true)]
    public void OurServerRefusesTyped_WhenTheProposalIsOfVersionsThatAreGone(string id, uint magic, bool isLocal)
    {
        (NetworkException? cause, HandshakeMessage answer) = Answer(Stream(id), magic, isLocal);

        var refused = Assert.IsType<RefusalReason.VersionMismatch>(Assert.IsType<HandshakeMessage.Refuse>(answer).Reason);
        Assert.Equal(isLocal ? NodeToClient.KnownVersions : NodeToNode.ReleasedVersions, refused.Supported);
        Assert.IsType<HandshakeRefusedException>(cause);
    }

    [Fact]
    public void OurServerAccepts_WhenCardanoCliProposes()
    {
        (NetworkException? cause, HandshakeMessage answer) = Answer(Stream("n2c-cardano-cli-propose-mainnet"), 764_824_073, isLocal: true);

        Assert.Null(cause);
        Assert.InRange(NodeToClient.NumberOf(Assert.IsType<HandshakeMessage.AcceptVersion>(answer).Entry.Version), 16, 23);
    }

    [Fact]
    public void OurClientIsRefusedTyped_WhenTheNodeKnowsOtherVersions()
    {
        NetworkException? cause = Concluded(Stream("n2n-refuse-version-mismatch"));

        Assert.Equal([13, 14], Assert.IsType<RefusalReason.VersionMismatch>(Assert.IsType<HandshakeRefusedException>(cause).Reason).Supported);
    }

    [Fact]
    public void OurClientEnds_WhenTheNodeAcceptedAVersionThatIsGone() => Assert.IsType<CodecException>(Concluded(Stream("n2n-accept-v13")));

    private static long HearsMainnet(int tornAt)
    {
        var events = new List<ChainSyncEvent>();
        var tips = new List<Tip>();

        ReplayReport report = Hear(
            Connection(),
            client =>
            {
                var first = new SingleAssignmentDisposable();
                first.Disposable = client.ChainSync.Follow(First).Subscribe(e =>
                {
                    tips.Add(e.Tip);
                    first.Dispose();
                    client.ChainSync.Follow(Second).Subscribe(events.Add, _ => { });
                });
            },
            tornAt,
            out long length,
            NetworkMagic.Mainnet);

        Assert.True(report.Difference is null, $"torn at {tornAt}: {report.Difference}");
        Assert.Equal(8_545_125u, Assert.Single(tips).BlockNumber);
        Assert.Equal([ChainEventKind.Intersected, ChainEventKind.RollForward], events.Select(e => e.Kind));
        Assert.Equal((Second, 8_545_283ul), (events[0].Point, events[0].Tip.BlockNumber));
        Assert.Equal((Announced, 8_545_571ul), (events[1].Header.Hash, events[1].Tip.BlockNumber));
        Assert.Equal(8_545_126u, events[1].Header.BlockNumber);
        return length;
    }

    private static CapturedChain MainnetChain()
    {
        ChainSyncMessage[] said = [.. Items(Stream("n2n-connection-mainnet-server"), protocol: 2).Select(item => ChainSyncCodec.Read(item))];
        return new CapturedChain(
            [.. said.Where(one => one.Kind == ChainSyncMessageKind.IntersectFound).Select(one => (one.Point, one.Tip))],
            [
                .. said.Where(one => one.Kind != ChainSyncMessageKind.IntersectFound).Select(one =>
                    one.Kind == ChainSyncMessageKind.RollForward ? ChainStep.Forward(one.Header, one.Tip) : ChainStep.Backward(one.Point, one.Tip)),
            ]);
    }

    private static ImmutableDatabase PreprodShelley() => ImmutableDatabase.Open(DataFolder.Path("chain", "assembled-preprod-shelley-00004"));

    private static IEnumerable<BlockRequest> Requests(ImmutableDatabase chain)
    {
        using IChainCursor cursor = chain.Follow();
        while (cursor.TryNext(out ChainStep step))
        {
            if (step.RollForward is { } header)
            {
                yield return BlockRequest.For(header);
            }
        }
    }

    private static byte[] Batch(ImmutableDatabase chain)
    {
        BlockRequest[] all = [.. Requests(chain)];
        return Import(Recordings.Sdu(3, SduSender.Initiator, Range(all[0].Point, all[^1].Point)), Stream("n2n-blockfetch-batch-preprod-shelley"));
    }

    private static string Range(Point first, Point last) => CodecCheck.EncodeHex(output => BlockFetchCodec.Write(output, BlockFetchMessage.RequestRange(first, last)));

    private static byte[] Connection() => Import(Stream("n2n-connection-mainnet-client"), Stream("n2n-connection-mainnet-server"));

    private static byte[] Stream(string id) => File.ReadAllBytes(DataFolder.Path("messages", "captures", $"{id}.bin"));

    private static byte[] Import(byte[] client, byte[] server)
    {
        var file = new MemoryStream();
        using var capture = new CaptureWriter(file, new TestScheduler(), leaveOpen: true);
        CaptureImport.Join(capture, "captured", new MemoryStream(client), new MemoryStream(server));
        return file.ToArray();
    }

    private static List<byte[]> Items(byte[] stream, int? protocol = null)
    {
        var items = new List<byte[]>();
        var cutter = new ItemAssembler();
        foreach (CaptureRecord.Sdu sdu in Recordings.Read(Import(stream, [])).OfType<CaptureRecord.Sdu>().Where(sdu => sdu.Header.Protocol.Value == (protocol ?? sdu.Header.Protocol.Value)))
        {
            cutter.Append(sdu.Payload.Span, items.Add);
        }

        Assert.True(cutter.IsEmpty);
        return items;
    }

    /// <summary>The captured client against a server of ours.</summary>
    private static ReplayReport Play(byte[] file, IChainSource chain, int tornAt, out long received, NetworkMagic? magic = null)
    {
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        var torn = new TornBearer(b, tornAt);
        PeerConnection.Accept(torn, Recordings.Options(time, chain) with { Magic = magic ?? NetworkMagic.Mainnet });
        ReplayReport report = Recordings.Run(time, a, file, Today with { As = CaptureSide.Client, Magic = magic });
        received = torn.Seen;
        return report;
    }

    /// <summary>The captured server against a client of ours.</summary>
    private static ReplayReport Hear(byte[] file, Action<PeerConnection> use, int tornAt, out long received, NetworkMagic magic)
    {
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        var torn = new TornBearer(a, tornAt);
        PeerConnection client = PeerConnection.Connect(torn, Recordings.Options(time) with { Magic = magic });
        use(client);
        ReplayReport report = Recordings.Run(time, b, file, Today with { As = CaptureSide.Server, Magic = magic });
        received = torn.Seen;
        return report;
    }

    /// <summary>What a server of ours says to captured bytes, and how it ends within a moment.</summary>
    private static (NetworkException? Cause, HandshakeMessage Answer) Answer(byte[] proposal, uint magic, bool isLocal)
    {
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        var client = new BytePeer(a);
        NetworkOptions options = Recordings.Options(time, new InMemoryChain()) with { Magic = new NetworkMagic(magic) };
        Task<NetworkException?> ended = isLocal ? LocalConnection.Accept(b, options, new LocalService()).Completion : PeerConnection.Accept(b, options).Completion;
        client.Send(proposal);
        time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);
        client.Close();
        time.AdvanceBy(TimeSpan.FromSeconds(20).Ticks);
        ProtocolBundle bundle = isLocal ? ProtocolBundle.NodeToClient : ProtocolBundle.NodeToNode;
        Assert.True(ended.IsCompleted);
        return (ended.GetAwaiter().GetResult(), HandshakeCodec.Read(Assert.Single(client.Sdus).Payload, bundle));
    }

    /// <summary>How a client of ours ends when it is answered with captured bytes.</summary>
    private static NetworkException? Concluded(byte[] answer)
    {
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        PeerConnection client = PeerConnection.Connect(a, Recordings.Options(time) with { Magic = NetworkMagic.Mainnet });
        var server = new BytePeer(b);
        time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);
        server.Send(answer);
        time.AdvanceBy(TimeSpan.FromSeconds(5).Ticks);
        Assert.True(client.Completion.IsCompleted);
        return client.Completion.GetAwaiter().GetResult();
    }
}
