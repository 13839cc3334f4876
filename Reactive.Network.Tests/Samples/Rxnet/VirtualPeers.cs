using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using global::Rxnet.Following;
using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;

namespace Reactive.Network.Tests.Samples.Rxnet;

/// <summary>Nodes that a follower can dial, in virtual time: what each serves can be changed, and its connections cut.</summary>
internal sealed class VirtualPeers : IPeerDialer
{
    public static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(5);

    private readonly Dictionary<PeerAddress, IChainSource?> _served = [];
    private readonly List<PeerConnection> _open = [];
    private readonly NetworkOptions _options;

    public VirtualPeers() => _options = new NetworkOptions { Magic = NetworkMagic.Devnet, Scheduler = Time, Seed = 7, ObserverFaulted = Faults.Add };

    /// <summary>What somebody dials them with.</summary>
    public NetworkOptions Options => _options with { Peers = new PeerOptions { Dialer = this } };

    public TestScheduler Time { get; } = new();

    public List<Exception> Faults { get; } = [];

    /// <summary>Whom the follower dialled, in order.</summary>
    public List<PeerAddress> Dialled { get; } = [];

    /// <summary>What the nodes say the network is.</summary>
    public NetworkMagic Magic { get; set; } = NetworkMagic.Devnet;

    public static PeerAddress Address(int number) => new($"peer{number}", 3001);

    /// <summary>Starts a node, or has it serve something else; with nothing to serve it is down.</summary>
    public PeerAddress Serve(int number, IChainSource? chain)
    {
        PeerAddress address = Address(number);
        _served[address] = chain;
        return address;
    }

    /// <summary>Ends every connection there is, at once.</summary>
    public void Cut()
    {
        _open.ForEach(static connection => connection.Dispose());
        _open.Clear();
    }

    public IDisposable Dial(PeerAddress peer, Action<IBearer?, BearerException?> done)
    {
        Dialled.Add(peer);
        return Time.Schedule(TimeSpan.FromTicks(1), () =>
        {
            if (_served[peer] is not { } chain)
            {
                done(null, new BearerException(BearerFailure.ConnectFailed, peer.ToString(), "connection refused"));
                return;
            }

            (IBearer near, IBearer far) = InMemoryBearer.CreatePair(Time, new InMemoryBearerOptions { Latency = Latency, NameOfB = peer.ToString() });
            _open.Add(PeerConnection.Accept(far, _options with { Serve = chain, Magic = Magic }));
            done(near, null);
        });
    }

    public void Run(TimeSpan time) => Time.AdvanceBy(time.Ticks);

    /// <summary>Follows the peers, all of it written down.</summary>
    public Followed Follow(Point? from, params PeerAddress[] peers) => Follow(new FollowPlan { Peers = peers, From = from });

    public Followed Follow(FollowPlan plan)
    {
        var followed = new Followed();
        followed.Follower = new Follower(plan, Options);
        followed.Subscription = followed.Follower.Follow().Subscribe(followed.Events.Add, error => followed.Error = error);
        return followed;
    }

    internal sealed class Followed
    {
        public List<FollowEvent> Events { get; } = [];

        public Exception? Error { get; set; }

        public Follower Follower { get; set; } = null!;

        public IDisposable Subscription { get; set; } = Disposable.Empty;

        /// <summary>The chain that the events make, checked to be one as they are folded.</summary>
        public List<Point> Fold()
        {
            List<Point> chain = [];
            foreach (FollowEvent followed in Events)
            {
                if (followed is FollowEvent.RollForward(var added, _, _))
                {
                    Assert.DoesNotContain(added, chain);
                    chain.Add(added);
                }
                else if (followed is FollowEvent.RollBackward(var back, _))
                {
                    int keep = back.IsOrigin ? 0 : chain.IndexOf(back) + 1;
                    Assert.True(back.IsOrigin || keep > 0, $"rolled back to {back}, which was not there");
                    chain.RemoveRange(keep, chain.Count - keep);
                }
            }

            return chain;
        }

        public IEnumerable<T> Of<T>()
            where T : FollowEvent => Events.OfType<T>();
    }
}
