using System.Net;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.PeerSharing;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Bearers;
using Reactive.Network.Tests.Support;
using ProtocolViolationException = Reactive.Network.Protocols.ProtocolViolationException;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>Peer-sharing from one connection to another, in virtual time.</summary>
public class PeerSharingTests
{
    private static readonly IPEndPoint[] Known =
        [new(IPAddress.Parse("192.0.2.7"), 3001), new(IPAddress.Parse("2001:db8::7"), 3002), new(IPAddress.Parse("198.51.100.1"), 1)];

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(262_144)]
    public void TellsTheAddressesOfTheServer_WhenBothSidesShare(int chunk)
    {
        var pair = new VirtualPair(
            client: o => o with { SharePeers = IPeerSource.None }, server: o => o with { SharePeers = new Source(Known) }, bearer: new() { MaxChunk = chunk });
        var answers = new List<IReadOnlyList<IPEndPoint>>();
        using IDisposable request = pair.Client.PeerSharing.Request(8).Subscribe(answers.Add);

        pair.Run(TimeSpan.FromSeconds(1));

        Assert.True(pair.Client.Version?.PeerSharing);
        Assert.Equal(Known, Assert.Single(answers));
    }

    [Fact]
    public void AnswersInBothDirections_WhenConnectionIsDuplex()
    {
        var pair = new VirtualPair(
            client: o => o with { SharePeers = new Source(Known[..1]), Serve = VirtualPair.ChainOf(1) }, server: o => o with { SharePeers = new Source(Known[1..]) });
        var toClient = new List<IReadOnlyList<IPEndPoint>>();
        var toServer = new List<IReadOnlyList<IPEndPoint>>();
        using IDisposable one = pair.Client.PeerSharing.Request(8).Subscribe(toClient.Add);
        using IDisposable other = pair.Server.PeerSharing.Request(8).Subscribe(toServer.Add);

        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(Known[1..], Assert.Single(toClient));
        Assert.Equal(Known[..1], Assert.Single(toServer));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void FailsAsNotAgreedAndStaysOpen_WhenOneSideDoesNotShare(bool client, bool server)
    {
        var pair = new VirtualPair(
            client: o => client ? o with { SharePeers = new Source(Known) } : o, server: o => server ? o with { SharePeers = new Source(Known) } : o);
        var errors = new List<Exception>();
        using IDisposable request = pair.Client.PeerSharing.Request(8).Subscribe(_ => Assert.Fail("an answer"), errors.Add);

        pair.Run(TimeSpan.FromSeconds(1));

        Assert.False(pair.Client.Version?.PeerSharing);
        Assert.Equal(SduSender.Initiator, Assert.IsType<RoleNotAgreedException>(Assert.Single(errors)).Half);
        Assert.False(pair.Client.Completion.IsCompleted);
        Assert.False(pair.Server.Completion.IsCompleted);
    }

    [Fact]
    public void FailsAsNotAgreed_WhenAskingOverAOneWayConnectionFromTheAcceptingSide()
    {
        var pair = new VirtualPair(client: o => o with { SharePeers = IPeerSource.None }, server: o => o with { SharePeers = new Source(Known) });
        var errors = new List<Exception>();
        using IDisposable request = pair.Server.PeerSharing.Request(8).Subscribe(_ => Assert.Fail("an answer"), errors.Add);

        pair.Run(TimeSpan.FromSeconds(1));

        Assert.IsType<RoleNotAgreedException>(Assert.Single(errors));
    }

    [Fact]
    public void EndsTheConnectionAsLocalAtItsTick_WhenTheSourceDoesNotAnswer()
    {
        var time = new SeededScheduler(1);
        PeerConnection? server = null;
        bool early = true;
        NetworkException? cause = null;
        var slow = new SlowSource(() =>
        {
            // While the source is asked, everything else goes on.
            long asked = time.Clock;
            time.AdvanceTo(asked + TimeSpan.FromSeconds(60).Ticks - 1);
            early = server!.Completion.IsCompleted;
            time.AdvanceTo(asked + TimeSpan.FromSeconds(60).Ticks);
            cause = server.Completion.IsCompleted ? server.Completion.Result : null;
        });
        var options = new NetworkOptions { Magic = NetworkMagic.Devnet, Scheduler = time, SharePeers = slow, Serve = new InMemoryChain() };
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time);
        server = PeerConnection.Accept(b, options);

        // A client that waits for ever: [0, {15: [42, false, 1, false]}], then [0, 1].
        a.Start(new RecordingSink(new object()));
        a.TryWrite(Convert.FromHexString("000000000000000a" + "8200a10f84182af401f4"));
        time.AdvanceBy(TimeSpan.FromSeconds(1));
        a.TryWrite(Convert.FromHexString("00000000000a0003" + "820001"));
        time.AdvanceBy(TimeSpan.FromSeconds(1));

        Assert.False(early);
        ProtocolViolationException violation = Assert.IsType<ProtocolViolationException>(cause);
        Assert.Equal((ProtocolViolation.Timeout, Fault.Local, "Busy"), (violation.Violation, violation.Fault, violation.State));
    }

    private sealed class SlowSource(Action asked) : IPeerSource
    {
        public IReadOnlyList<IPEndPoint> Share(int amount)
        {
            asked();
            return [];
        }
    }

    private sealed class Source(IPEndPoint[] peers) : IPeerSource
    {
        public IReadOnlyList<IPEndPoint> Share(int amount) => [.. peers.Take(amount)];
    }
}
