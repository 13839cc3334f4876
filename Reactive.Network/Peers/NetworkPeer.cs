using System.Reactive.Disposables;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Pacing;
using Reactive.Network.Peers.Governance;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;

namespace Reactive.Network.Peers;

/// <summary>A peer as its network keeps it. What others see may be read on any thread; the rest is the network's strand's.</summary>
internal sealed class NetworkPeer : IPeer
{
    private readonly Lock _gate = new();
    private readonly Action<NetworkPeer, PeerEvent> _publish;
    private readonly NetworkClock _clock;
    private readonly PeerScores _scores;
    private PeerMeasurements _measurements;
    private PeerReputation _reputation;
    private PeerConnection? _connection;
    private int _temperature;

    public NetworkPeer(PeerId id, PeerAddress address, NetworkClock clock, PeerScores scores, Action<NetworkPeer, PeerEvent> publish)
    {
        _clock = clock;
        _scores = scores;
        Id = id;
        Address = address;
        Name = address.ToString();
        _publish = publish;
        Facts = new PeerFacts(id, address);
    }

    /// <inheritdoc/>
    public PeerId Id { get; }

    public PeerAddress Address { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public PeerTemperature Temperature
    {
        get => (PeerTemperature)Volatile.Read(ref _temperature);
        set => Volatile.Write(ref _temperature, (int)value);
    }

    /// <inheritdoc/>
    public PeerMeasurements Measurements
    {
        get
        {
            PeerMeasurements measured;
            lock (_gate)
            {
                measured = _measurements;
            }

            return Connection?.BlockFetch is { } fetch
                ? measured with { BytesPerSecond = fetch.BytesPerSecond ?? measured.BytesPerSecond, Latency = fetch.Latency ?? measured.Latency }
                : measured;
        }
    }

    /// <summary>What the evidence against it weighs.</summary>
    public PeerReputation Reputation
    {
        get
        {
            lock (_gate)
            {
                return _reputation;
            }
        }
    }

    /// <summary>What the governor is told. The strand's.</summary>
    public PeerFacts Facts { get; set; }

    /// <summary>Whether it is among the peers that the governor decides on; one that only connected to us is not.</summary>
    public bool IsGoverned { get; set; }

    /// <summary>Whether others may be told of it: set by the strand, read by any thread.</summary>
    public bool MayBeShared { get; set; }

    /// <summary>Whether its connection was ended so that another can be opened at once. The strand's.</summary>
    public bool IsReconnecting { get; set; }

    /// <summary>Whether it is to be forgotten as soon as its connection has ended. The strand's.</summary>
    public bool IsExcluded { get; set; }

    /// <summary>The connection whose initiators are ours to use.</summary>
    public PeerConnection? Connection
    {
        get => Volatile.Read(ref _connection);
        set => Volatile.Write(ref _connection, value);
    }

    /// <summary>The connection that the peer opened, while it lives. The strand's.</summary>
    public PeerConnection? Inbound { get; set; }

    /// <summary>Since when <see cref="Inbound"/> is there.</summary>
    public TimeSpan InboundSince { get; set; }

    /// <summary>The dialling under way. The strand's.</summary>
    public IDisposable? Dialling { get; set; }

    /// <summary>What follows its headers. The strand's.</summary>
    public HeaderFollower? Follower { get; set; }

    /// <summary>What offers it transactions. The strand's.</summary>
    public IDisposable? Offering { get; set; }

    /// <summary>What is subscribed to on its connection. The strand's.</summary>
    public IDisposable? Watching { get; set; }

    /// <inheritdoc/>
    public IObservable<Block> Fetch(IReadOnlyList<BlockRequest> blocks)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        ArgumentOutOfRangeException.ThrowIfZero(blocks.Count, nameof(blocks));
        return new FetchFromConnection(this, blocks);
    }

    /// <inheritdoc/>
    public void Report(Evidence evidence)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        var now = TimeSpan.FromTicks(_clock.Now);
        lock (_gate)
        {
            _reputation = _reputation.After(evidence, now);
            _measurements = evidence.Kind switch
            {
                EvidenceKind.Delivered => _measurements with
                {
                    DeliveredBlocks = _measurements.DeliveredBlocks + evidence.Blocks,
                    DeliveredBytes = _measurements.DeliveredBytes + evidence.Bytes,
                },
                EvidenceKind.Superseded => _measurements with { WastedBytes = _measurements.WastedBytes + evidence.Bytes },
                _ => evidence.IsFailure ? _measurements with { Failures = _measurements.Failures + 1 } : _measurements,
            };
        }

        if (evidence.Kind == EvidenceKind.Delivered)
        {
            _scores.Fetched(evidence.Point.Slot, Id, evidence.Bytes);
        }

        _publish(this, new PeerEvent.Reported(this, evidence));
    }

    /// <summary>The peer said what its tip is.</summary>
    public void SawTip(Tip tip)
    {
        lock (_gate)
        {
            if (_measurements.Tip == tip)
            {
                return;
            }

            _measurements = _measurements with { Tip = tip };
        }

        _publish(this, new PeerEvent.TipChanged(this, tip));
    }

    /// <summary>It announced a header, so long after the first one who did.</summary>
    public void Announced(ulong slot, TimeSpan lag, bool isFirst)
    {
        if (isFirst)
        {
            _scores.Announced(slot, Id);
        }

        lock (_gate)
        {
            _measurements = _measurements with
            {
                HeaderLag = _measurements.HeaderLag is { } before ? before + ((lag - before) / 8) : lag,
                FirstAnnouncements = _measurements.FirstAnnouncements + (isFirst ? 1 : 0),
            };
        }
    }

    /// <summary>A ping was answered. Smoothed as TCP does.</summary>
    public void Answered(TimeSpan roundTrip)
    {
        PeerMeasurements measured;
        lock (_gate)
        {
            measured = _measurements;
            TimeSpan before = measured.RoundTrip ?? roundTrip;
            TimeSpan off = (roundTrip - before).Duration();
            _measurements = measured = measured with
            {
                RoundTrip = before + ((roundTrip - before) / 8),
                RoundTripJitter = measured.RoundTripJitter is { } jitter ? jitter + ((off - jitter) / 4) : roundTrip / 2,
            };
        }

        _publish(this, new PeerEvent.Measured(this, Measurements));
    }

    /// <summary>Keeps what was measured on a connection that goes.</summary>
    public void Keep(PeerConnection connection)
    {
        lock (_gate)
        {
            _measurements = _measurements with
            {
                BytesPerSecond = connection.BlockFetch.BytesPerSecond ?? _measurements.BytesPerSecond,
                Latency = connection.BlockFetch.Latency ?? _measurements.Latency,
            };
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Id} {Name}";

    private sealed class FetchFromConnection(NetworkPeer peer, IReadOnlyList<BlockRequest> blocks) : IPacedObservable<Block>
    {
        public IDisposable Subscribe(IObserver<Block> observer) =>
            Source() is { } source ? source.Subscribe(observer) : Refuse(observer.OnError);

        public IDisposable Subscribe(IPacedObserver<Block> observer) =>
            Source() is IPacedObservable<Block> source ? source.Subscribe(observer) : Refuse(observer.OnError);

        private IObservable<Block>? Source() =>
            peer.Temperature == PeerTemperature.Hot ? peer.Connection?.BlockFetch.Fetch(blocks) : null;

        private BooleanDisposable Refuse(Action<Exception> fail)
        {
            fail(new ConnectionClosedException($"{peer.Name} is not hot"));
            return new BooleanDisposable();
        }
    }
}
