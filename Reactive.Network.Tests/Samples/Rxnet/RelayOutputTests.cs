using System.Net;
using System.Text;
using global::Rxnet.Output;
using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Tests.Storage;

namespace Reactive.Network.Tests.Samples.Rxnet;

public sealed class RelayOutputTests : IAsyncDisposable
{
    private static readonly Block[] Blocks = [.. InMemoryChainTests.Make(30, seed: 1)];

    private readonly TestScheduler _time = new();
    private readonly MemoryStream _written = new();
    private readonly StandardOutput _standard;
    private readonly StubPeer _upstream = new(new PeerId(1), "upstream:3001");
    private readonly StubPeer _client = new(new PeerId(2), "client:40000");
    private RelayOutput _output;

    public RelayOutputTests()
    {
        _standard = new StandardOutput(_written);
        _output = new RelayOutput(_standard, asJson: true, _time);
    }

    public async ValueTask DisposeAsync()
    {
        await _output.DisposeAsync();
        _standard.Dispose();
        await _written.DisposeAsync();
    }

    [Fact]
    public void WritesWhatItFollowsAndWhomItServes_WhenJsonIsAskedFor()
    {
        var refused = new BearerException(BearerFailure.ConnectFailed, "upstream:3001", "refused");
        _output.Listening(new IPEndPoint(IPAddress.Loopback, 3002), NetworkMagic.Devnet, null);
        _output.Peer(new PeerEvent.Snapshot([_upstream], null!));
        _output.Peer(new PeerEvent.Reported(_upstream, new Evidence(EvidenceKind.Disconnected) { Cause = refused }));
        Change(PeerTemperature.Cold, PeerTemperature.Warm);
        Change(PeerTemperature.Warm, PeerTemperature.Hot);
        _output.Block(new ChainEvent<FetchedBlock>(ChainEventKind.Intersected, Point.Origin, default, default));
        _output.Block(Forward(0));
        _output.Block(new ChainEvent<FetchedBlock>(ChainEventKind.Intersected, Blocks[0].Point, default, default));
        _output.Peer(new PeerEvent.Accepted(_client));
        _output.Block(new ChainEvent<FetchedBlock>(ChainEventKind.RollBackward, Point.Origin, default, default));
        _output.Peer(new PeerEvent.Left(_client, null));
        _output.Peer(new PeerEvent.Reported(_upstream, new Evidence(EvidenceKind.Disconnected) { Cause = refused }));
        Change(PeerTemperature.Hot, PeerTemperature.Cold, refused);

        Assert.Equal(
            [
                """{"event":"listening","address":"127.0.0.1:3002"}""",
                """{"event":"peerDown","peer":"upstream:3001","cause":"Bearer: refused","fault":"Transport"}""",
                """{"event":"peerUp","peer":"upstream:3001"}""",
                """{"event":"intersect","slot":null,"hash":null}""",
                $$"""{"event":"rollForward","slot":{{Blocks[0].Slot}},"height":0,"hash":"{{Blocks[0].Hash}}","era":"conway","bytes":{{Blocks[0].Size}},"transactions":{{Blocks[0].TransactionCount}},"peer":"upstream:3001"}""",
                """{"event":"clientUp","peer":"client:40000"}""",
                """{"event":"rollBackward","slot":null,"hash":null}""",
                """{"event":"clientDown","peer":"client:40000","cause":null,"fault":null}""",
                """{"event":"peerDown","peer":"upstream:3001","cause":"Bearer: refused","fault":"Transport"}""",
            ],
            Lines());
    }

    [Fact]
    public void TellsTheDifference_WhenEventsWereTooManyAndASnapshotComes()
    {
        _upstream.Temperature = PeerTemperature.Hot;
        _output.Peer(new PeerEvent.Snapshot([_upstream], null!));
        _output.Peer(new PeerEvent.Snapshot([_upstream], null!));
        _upstream.Temperature = PeerTemperature.Cold;
        _output.Peer(new PeerEvent.Snapshot([_upstream], null!));

        Assert.Equal(
            [
                """{"event":"peerUp","peer":"upstream:3001"}""",
                """{"event":"peerDown","peer":"upstream:3001","cause":"the connection was ended","fault":null}""",
            ],
            Lines());
    }

    [Fact]
    public void CountsBlocksBeyondTen_WhenTheyFloodPlainLines()
    {
        _output = new RelayOutput(_standard, asJson: false, _time);
        for (int i = 0; i < 25; i++)
        {
            _output.Block(Forward(i));
        }

        _time.AdvanceBy(TimeSpan.FromSeconds(2).Ticks);
        _output.Block(Forward(25));
        _output.Peer(new PeerEvent.Accepted(_client));

        string[] lines = Lines();
        Assert.Equal(13, lines.Length);
        Assert.StartsWith($"block 9 {Blocks[9].Point} ", lines[9], StringComparison.Ordinal);
        Assert.Equal("15 more blocks", lines[10]);
        Assert.StartsWith($"block 25 {Blocks[25].Point} ", lines[11], StringComparison.Ordinal);
        Assert.Equal("client client:40000 is up", lines[12]);
    }

    private ChainEvent<FetchedBlock> Forward(int index) => new(
        ChainEventKind.RollForward, Blocks[index].Point, new FetchedBlock(Blocks[index].Copy(), Blocks[index].Point, (ulong)index, _upstream), default);

    private void Change(PeerTemperature from, PeerTemperature to, NetworkException? cause = null) =>
        _output.Peer(new PeerEvent.TemperatureChanged(_upstream, from, to, cause));

    private string[] Lines() => Encoding.UTF8.GetString(_written.ToArray()).TrimEnd('\n').Split('\n');

    private sealed class StubPeer(PeerId id, string name) : IPeer
    {
        public PeerId Id { get; } = id;

        public string Name { get; } = name;

        public PeerTemperature Temperature { get; set; }

        public PeerMeasurements Measurements => default;

        public IObservable<Block> Fetch(IReadOnlyList<BlockRequest> blocks) => throw new NotSupportedException();

        public void Report(Evidence evidence) => throw new NotSupportedException();
    }
}
