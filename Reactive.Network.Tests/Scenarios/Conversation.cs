using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.KeepAlive;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>A connection under test and a <see cref="ScriptedPeer"/> at its other end, in virtual time, on a pool that poisons.</summary>
internal sealed class Conversation
{
    private Conversation(bool isOutbound, bool? acceptOneWay, Func<NetworkOptions, NetworkOptions>? options, InMemoryBearerOptions? path)
    {
        (IBearer mine, IBearer its) = InMemoryBearer.CreatePair(Time, path);
        Peer = new ScriptedPeer(its, Time);
        if (isOutbound && acceptOneWay is { } oneWay)
        {
            Peer.OnMessage = heard =>
            {
                if (heard.Protocol == NodeToNode.Handshake)
                {
                    Peer.Send(SduSender.Responder, NodeToNode.Handshake, Wire.Accept(oneWay));
                }
            };
        }

        var defaults = new NetworkOptions
        {
            Magic = NetworkMagic.Devnet,
            Scheduler = Time,
            Seed = 7,
            Pool = Pool,
            ObserverFaulted = Faults.Add,
        };
        Options = (options ?? (o => o))(defaults);
        Connection = isOutbound ? PeerConnection.Connect(mine, Options) : PeerConnection.Accept(mine, Options);
        Peer.Start();
    }

    public TestScheduler Time { get; } = new();

    public PoisoningArrayPool Pool { get; } = new();

    public List<Exception> Faults { get; } = [];

    public NetworkOptions Options { get; }

    public ScriptedPeer Peer { get; }

    public PeerConnection Connection { get; }

    /// <summary>The connection's end: its first cause.</summary>
    public NetworkException? Cause
    {
        get
        {
            Assert.True(Connection.Completion.IsCompleted, "the connection is open");
            return Connection.Completion.Result;
        }
    }

    public bool IsOpen => !Connection.Completion.IsCompleted;

    /// <summary>We connected; the peer is a server that has accepted version 15.</summary>
    /// <param name="oneWay">Whether the peer runs no initiators.</param>
    /// <param name="options">Changes to the options of the connection.</param>
    /// <param name="path">The path between the two.</param>
    /// <param name="wait">How long the handshake takes over that path; a hundred microseconds by default.</param>
    public static Conversation WithServer(
        bool oneWay = true, Func<NetworkOptions, NetworkOptions>? options = null, InMemoryBearerOptions? path = null, TimeSpan? wait = null)
    {
        var conversation = new Conversation(isOutbound: true, oneWay, options, path);
        conversation.Run(wait ?? TimeSpan.FromMicroseconds(100));
        Assert.Equal(15, conversation.Connection.Version?.Version);
        return conversation;
    }

    /// <summary>We accepted; the peer is a client that has proposed version 15.</summary>
    /// <param name="chain">What we serve.</param>
    /// <param name="oneWay">Whether the peer says that it runs no responders.</param>
    /// <param name="options">Changes to the options of the connection.</param>
    /// <param name="path">The path between the two.</param>
    /// <param name="wait">How long the handshake takes over that path; a hundred microseconds by default.</param>
    public static Conversation WithClient(
        IChainSource? chain,
        bool oneWay = true,
        Func<NetworkOptions, NetworkOptions>? options = null,
        InMemoryBearerOptions? path = null,
        TimeSpan? wait = null)
    {
        var conversation = new Conversation(isOutbound: false, null, o => (options ?? (x => x))(o with { Serve = chain }), path);
        conversation.Peer.Send(SduSender.Initiator, NodeToNode.Handshake, Wire.Propose(oneWay));
        conversation.Run(wait ?? TimeSpan.FromMicroseconds(100));
        Assert.Equal(15, conversation.Connection.Version?.Version);
        return conversation;
    }

    /// <summary>Before the handshake: nothing was said by the peer.</summary>
    public static Conversation Unopened(
        bool isOutbound, Func<NetworkOptions, NetworkOptions>? options = null, InMemoryBearerOptions? path = null) =>
        new(isOutbound, acceptOneWay: null, options, path);

    /// <summary>Runs what is ready, and what that makes ready: 100 microseconds, no deadline comes near.</summary>
    public void Run() => Run(TimeSpan.FromMicroseconds(100));

    public void Run(TimeSpan time) => Time.AdvanceBy(time.Ticks);

    /// <summary>The peer says this as the server of chain-sync.</summary>
    public void SayChainSync(params ChainSyncMessage[] messages)
    {
        Peer.Send(SduSender.Responder, NodeToNode.ChainSync, [.. messages.Select(Wire.Of)]);
        Run();
    }

    /// <summary>The peer says this as the server of block-fetch.</summary>
    public void SayBlockFetch(params BlockFetchMessage[] messages)
    {
        Peer.Send(SduSender.Responder, NodeToNode.BlockFetch, [.. messages.Select(Wire.Of)]);
        Run();
    }

    /// <summary>The peer asks this as the client of chain-sync.</summary>
    public void AskChainSync(params ChainSyncMessage[] messages)
    {
        Peer.Send(SduSender.Initiator, NodeToNode.ChainSync, [.. messages.Select(Wire.Of)]);
        Run();
    }

    /// <summary>The peer asks this as the client of block-fetch.</summary>
    public void AskBlockFetch(params BlockFetchMessage[] messages)
    {
        Peer.Send(SduSender.Initiator, NodeToNode.BlockFetch, [.. messages.Select(Wire.Of)]);
        Run();
    }

    /// <summary>The peer answers every ping from now on, so that long waits are not cut short by keep-alive.</summary>
    public void AnswerPings()
    {
        Action<ScriptedPeer.Heard>? before = Peer.OnMessage;
        Peer.OnMessage = heard =>
        {
            before?.Invoke(heard);
            AnswerPing(heard);
        };
        Peer.Of(NodeToNode.KeepAlive).ToList().ForEach(AnswerPing);
        Run();
    }

    /// <summary>
    /// Asserts that the connection ends between <paramref name="limit"/> after <paramref name="since"/> and
    /// <see cref="Wire.TicksOfDeadline"/> later, and not before.
    /// </summary>
    public NetworkException EndsAfter(TimeSpan limit, long since)
    {
        Time.AdvanceTo(since + limit.Ticks - 1);
        Assert.True(IsOpen, $"ended before {limit}: {Connection.Completion.IsCompleted}");
        Time.AdvanceTo(since + limit.Ticks + Wire.TicksOfDeadline);
        Assert.False(IsOpen, $"still open {Wire.TicksOfDeadline} ticks after {limit}");
        return Assert.IsType<NetworkException>(Cause, exactMatch: false);
    }

    /// <summary>Every array is back, and no bytes are promised any more. Behind the connection's end.</summary>
    public void LeaksNothing(string when = "in the end")
    {
        Run();
        Assert.True(Pool.Outstanding == 0, $"{Pool.Outstanding} arrays are not back, {when}");
        Assert.True(Options.Budget.Taken == 0, $"{Options.Budget.Taken} bytes are still promised, {when}");
    }

    private void AnswerPing(ScriptedPeer.Heard heard)
    {
        if (heard.Protocol == NodeToNode.KeepAlive && heard.Sender == SduSender.Initiator
            && KeepAliveCodec.Read(heard.Bytes) is { Kind: KeepAliveMessageKind.KeepAlive } ping)
        {
            Peer.Send(SduSender.Responder, NodeToNode.KeepAlive, Wire.Of(KeepAliveMessage.Response(ping.Cookie)));
        }
    }
}
