using System.Collections.Immutable;
using System.Net;
using System.Reactive;
using System.Reactive.Disposables;
using Reactive.Network.Bearers;
using Reactive.Network.Internal;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Peers.Governance;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.Handshake;

namespace Reactive.Network.Peers;

/// <summary>
/// Carries out what the governor decides: dials, accepts, starts and stops what a temperature runs, and tells the governor what came of it. All of it on
/// one strand; the governor is asked at the end of a turn in which a fact changed, or at the time it asked for.
/// </summary>
internal sealed class PeerEngine : Mailbox, IDisposable
{
    private const int MaxCommands = 1024;

    private static readonly TimeSpan RootsHold = TimeSpan.FromHours(1);
    private static readonly TimeSpan MatureAfter = TimeSpan.FromMinutes(15);

    private readonly NetworkOptions _options;
    private readonly NetworkClock _clock;
    private readonly IPeerDialer _dialer;
    private readonly PeerTable _table;
    private readonly PeerSources _sources;
    private readonly PeerScores _scores = new();
    private readonly NetworksApart? _apart;
    private readonly RootRequest _publicRoots = new();
    private readonly RootRequest _bigLedgerPeers = new();
    private readonly RootRequest _bootstrapPeers = new();
    private readonly SerialDisposable _timer = new();
    private readonly SerialDisposable _targetsInput = new();
    private readonly SerialDisposable _trustInput = new();
    private readonly Random _random;
    private GovernorRandom _jitter;
    private GovernorState _state;
    private PeerTargets _targets = PeerTargets.Relay;
    private PeerListener? _listener;
    private TimeSpan? _wakeAt;
    private TimeSpan? _nextFact;
    private bool _needsTrustedPeers;
    private bool _changed;
    private bool _sourcesChanged;
    private int _commands;
    private int _peerRequests;
    private volatile bool _disposed;

    /// <param name="options">The network's.</param>
    /// <param name="hasApart">Whether readers that want a place which is not held get a network of their own; one that is such a network itself does not.</param>
    public PeerEngine(NetworkOptions options, bool hasApart = false)
        : base(options.Scheduler)
    {
        _clock = new NetworkClock(options.Scheduler);
        _dialer = options.Peers.Dialer ?? new TcpDialer(options.Bearer);
        _random = new Random(options.Seed);
        _jitter = GovernorRandom.FromSeed(_random.Next());
        _state = GovernorState.Initial(_random.Next());
        Chains = new CandidateChains(options.Peers.Candidates);
        Events = new PeerEventHub(options, Chains);
        if (hasApart)
        {
            _apart = new NetworksApart(options, Events);
            Chains.Apart = _apart.For;
        }

        _options = options.Peers.SharePeers && options.SharePeers is null
            ? options with { SharePeers = new SharedPeers(Events, _clock, new Random(_random.Next())) }
            : options;
        Transactions = new TransactionIntake(_options);
        _table = new PeerTable(_options, _clock, _scores, Publish);
        _sources = new PeerSources(_options, GovernorRandom.FromSeed(_random.Next()), Post, () => _sourcesChanged = true);
    }

    public CandidateChains Chains { get; }

    public PeerEventHub Events { get; }

    public TransactionIntake Transactions { get; }

    public string? LocalName => _listener?.LocalName;

    private TimeSpan Now => TimeSpan.FromTicks(_clock.Now);

    public void Start() => Post(() =>
    {
        _sources.Start();
        // A source that fails, or throws at Subscribe, has told what there was.
        _targetsInput.Disposable = _options.Peers.Targets?.SubscribeSafe(Observer.Create<PeerTargets>(
            targets => Post(() => SetTargets(targets)), static _ => { }, static () => { }));
        _trustInput.Disposable = _options.Peers.NeedsTrustedPeers?.SubscribeSafe(Observer.Create<bool>(
            needs => Post(() =>
            {
                _changed = true;
                _needsTrustedPeers = needs;
            }),
            static _ => { }, static () => { }));
        _changed = true;
    });

    public void Listen(IBearerListener listener)
    {
        if (_disposed || _listener is not null)
        {
            throw new InvalidOperationException(_disposed ? "The network was disposed." : "The network listens already.");
        }

        _listener = PeerListener.Start(
            listener,
            _options with { Seed = _random.Next() },
            connection => Watch(connection, version => Post(() => OnAccepted(connection, version)), _ => { }));
    }

    public void Command(PeerCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (Interlocked.Increment(ref _commands) > MaxCommands)
        {
            Interlocked.Decrement(ref _commands);
            throw new InvalidOperationException($"More than {MaxCommands} commands wait.");
        }

        Post(() =>
        {
            Interlocked.Decrement(ref _commands);
            Obey(command);
        });
    }

    /// <summary>The orderly end of every connection.</summary>
    public Task[] Stop()
    {
        // From here on the governor is not asked any more: nothing is dialled again.
        _disposed = true;
        return [.. from peer in Events.Snapshot.OfType<NetworkPeer>()
                   from connection in new[] { peer.Connection, peer.Inbound }.Distinct()
                   where connection is not null
                   select connection.DisposeAsync().AsTask(),
                .. _apart?.Stop() ?? []];
    }

    public void Dispose()
    {
        _disposed = true;
        _timer.Dispose();
        _targetsInput.Dispose();
        _trustInput.Dispose();
        _sources.Dispose();
        _listener?.Dispose();
        _apart?.Dispose();
        Post(() =>
        {
            foreach (NetworkPeer peer in _table.All)
            {
                peer.Dialling?.Dispose();
                peer.Follower?.Dispose();
                peer.Watching?.Dispose();
                peer.Connection?.Dispose();
                peer.Inbound?.Dispose();
            }

            Events.End();
            Transactions.End();
        });
    }

    protected override bool OnTurn()
    {
        if (_disposed)
        {
            return false;
        }

        if (_sourcesChanged)
        {
            _sourcesChanged = false;
            _changed = true;
            _table.Apply(_sources.Groups, _sources.All());
        }

        if (!_changed)
        {
            return false;
        }

        _changed = false;
        TimeSpan now = Now;
        if (Decide(now) is not { } decision)
        {
            return false;
        }

        _state = decision.State;
        foreach (GovernorCommand command in decision.Commands)
        {
            Execute(command);
        }

        WakeAt(Earlier(decision.WakeAt, _nextFact), now);
        return decision.Commands.Length > 0 && (_changed = true);
    }

    /// <summary>Asks the governor; <see langword="null"/> where it throws: it is asked again when the next fact changes.</summary>
    private GovernorDecision? Decide(TimeSpan now)
    {
        GovernorFacts facts = FactsAt(now);
        try
        {
            return _options.Peers.Governor.Decide(_state, facts, now);
        }
#pragma warning disable CA1031 // reported as what observers throw
        catch (Exception error) when (error is not OutOfMemoryException)
#pragma warning restore CA1031
        {
            Events.Report(error);
            return null;
        }
    }

    private void WakeAt(TimeSpan? at, TimeSpan now)
    {
        if (at == _wakeAt)
        {
            return;
        }

        _wakeAt = at;
        _timer.Disposable = at is not { } due
            ? Disposable.Empty
            : _options.Scheduler.Schedule(this, due > now ? due - now : TimeSpan.FromTicks(1), static (_, self) =>
            {
                self.Post(() =>
                {
                    self._wakeAt = null;
                    self._changed = true;
                });
                return Disposable.Empty;
            });
    }

    private GovernorFacts FactsAt(TimeSpan now)
    {
        ImmutableArray<PeerFacts>.Builder peers = ImmutableArray.CreateBuilder<PeerFacts>(_table.Count);
        ImmutableArray<PeerId>.Builder mature = ImmutableArray.CreateBuilder<PeerId>();
        // What becomes true by itself: a ban that ends, an inbound peer that has stayed long enough.
        _nextFact = _table.NextBanEnd(now);
        foreach (NetworkPeer peer in _table.All)
        {
            if (peer.IsGoverned)
            {
                peers.Add(peer.Facts = peer.Facts with
                {
                    IsBarred = _table.IsBanned(peer.Address, now),
                    HasReusableInbound = peer.Facts.Phase == PeerPhase.Cold && peer.Inbound is { Version.IsDuplex: true },
                    Reputation = peer.Reputation,
                    Score = _scores.Of(peer.Id),
                });
            }
            else if (peer.Inbound is { Version.IsDuplex: true })
            {
                TimeSpan at = peer.InboundSince + MatureAfter;
                if (now >= at)
                {
                    mature.Add(peer.Id);
                }
                else
                {
                    _nextFact = Earlier(_nextFact, at);
                }
            }
        }

        return new GovernorFacts
        {
            Targets = _targets,
            Peers = peers.ToImmutable(),
            LocalRoots = _table.LocalRoots,
            Mode = _options.Peers.Mode,
            PublicRoots = _publicRoots.Facts,
            BigLedgerPeers = _bigLedgerPeers.Facts,
            BootstrapPeers = _bootstrapPeers.Facts,
            RunningPeerRequests = _peerRequests,
            NeedsTrustedPeers = _needsTrustedPeers && _sources.UsesBootstrapPeers,
            UsesBootstrapPeers = _sources.UsesBootstrapPeers,
            MatureInbound = mature.ToImmutable(),
            FreeConnections = Math.Max(0, _options.AcceptLimits.HardLimit - _table.ConnectedCount),
        };
    }

    private static TimeSpan? Earlier(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other ?? one : one;

    private void SetTargets(PeerTargets targets)
    {
        if (targets.IsSane)
        {
            _targets = targets;
            _changed = true;
        }
    }

    private void Execute(GovernorCommand command)
    {
        switch (command)
        {
            case GovernorCommand.Connect(var id) when _table.Find(id) is { } peer:
                Connect(peer);
                break;
            case GovernorCommand.Activate(var id) when _table.Find(id) is { } peer:
                Activate(peer);
                break;
            case GovernorCommand.Deactivate(var id) when _table.Find(id) is { } peer:
                Deactivate(peer);
                break;
            case GovernorCommand.Disconnect(var id) when _table.Find(id) is { } peer:
                Disconnect(peer);
                break;
            case GovernorCommand.Reset(var id) when _table.Find(id) is { } peer:
                Reset(peer);
                break;
            case GovernorCommand.Forget(var id) when _table.Find(id) is { } peer:
                Forget(peer);
                break;
            case GovernorCommand.AdoptInbound(var id) when _table.Find(id) is { } peer:
                peer.IsGoverned = true;
                break;
            case GovernorCommand.RequestPublicRoots:
                // All there are were named at the start, and their names are kept looked up: asking again teaches nothing.
                _publicRoots.End(0, Now, RootsHold);
                break;
            case GovernorCommand.RequestBootstrapPeers:
                _bootstrapPeers.End(0, Now, RootsHold);
                break;
            case GovernorCommand.RequestBigLedgerPeers(var amount):
                _bigLedgerPeers.End(_sources.TakeBigLedgerPeers(amount), Now, RootsHold);
                break;
            case GovernorCommand.RequestPeers(var id, var amount) when _table.Find(id) is { } peer:
                AskForPeers(peer, amount);
                break;
        }
    }

    private void Obey(PeerCommand command)
    {
        _changed = true;
        switch (command)
        {
            case PeerCommand.Include include:
                _table.Ban(include.Address, null);
                if (_table.Find(include.Address) is { } wanted)
                {
                    wanted.IsExcluded = false;
                }

                _sources.Include(include.Address, include.IsTrustable);
                break;
            case PeerCommand.Exclude exclude when _table.Find(exclude.Address) is { } peer:
                _sources.Exclude(exclude.Address);
                peer.Facts = peer.Facts with { Origin = PeerOrigin.None, LocalRootGroup = -1 };
                if (peer.Connection is { } connection)
                {
                    peer.IsExcluded = true;
                    connection.Dispose();
                    break;
                }

                peer.Dialling?.Dispose();
                peer.Dialling = null;
                Step(peer, PeerStep.ConnectFailed, null);
                Forget(peer);

                break;
            case PeerCommand.Ban ban:
                _table.Ban(ban.Address, ban.For is { } time ? Now + time : TimeSpan.MaxValue);
                _table.Find(ban.Address)?.Inbound?.Dispose();
                break;
            case PeerCommand.Demote demote when _table.Find(demote.Address) is { Facts.Phase: PeerPhase.Hot } peer:
                Deactivate(peer);
                break;
        }
    }

    private void AskForPeers(NetworkPeer peer, int amount)
    {
        if (peer.Connection is not { } connection)
        {
            return;
        }

        _peerRequests++;
        peer.Facts = peer.Facts with { AskedForPeersAt = Now };
        connection.PeerSharing.Request(amount).Subscribe(
            addresses => Post(() => _table.Add(addresses.Select(static one => new PeerAddress(one.Address.ToString(), one.Port)), PeerOrigin.Shared)),
            _ => Post(OnPeersAsked),
            () => Post(OnPeersAsked));
    }

    private void OnPeersAsked()
    {
        _peerRequests--;
        _changed = true;
    }

    private void Connect(NetworkPeer peer)
    {
        if (!Step(peer, PeerStep.Connect, null))
        {
            return;
        }

        if (peer.Inbound is { Version: { IsDuplex: true } version } inbound)
        {
            Use(peer, inbound, version);
            return;
        }

        try
        {
            peer.Dialling = _dialer.Dial(peer.Address, (bearer, error) => Post(() => OnDialled(peer, bearer, error)));
        }
#pragma warning disable CA1031 // a dialer that throws has not connected
        catch (Exception error) when (error is not OutOfMemoryException)
#pragma warning restore CA1031
        {
            ConnectFailed(peer, new BearerException(BearerFailure.ConnectFailed, peer.Name, $"cannot connect to {peer.Name}: {error.Message}", error));
        }
    }

    private void OnDialled(NetworkPeer peer, IBearer? bearer, BearerException? error)
    {
        peer.Dialling = null;
        if (_disposed || peer.Facts.Phase != PeerPhase.Connecting)
        {
            bearer?.Abort();
            return;
        }

        if (bearer is null)
        {
            ConnectFailed(peer, error!);
            return;
        }

        PeerConnection connection = PeerConnection.Connect(bearer, _table.OptionsFor(peer, _random.Next()));
        peer.Connection = connection;
        Watch(
            connection,
            version => Post(() => OnNegotiated(peer, connection, version)),
            cause => Post(() => OnEnded(peer, connection, cause)));
    }

    private void OnNegotiated(NetworkPeer peer, PeerConnection connection, NegotiatedVersion version)
    {
        if (peer.Connection != connection || peer.Facts.Phase != PeerPhase.Connecting)
        {
            return;
        }

        if (version.IsDuplex && peer.Inbound is { Version: { IsDuplex: true } other } inbound && !IsOursKept(peer))
        {
            Use(peer, inbound, other);
            connection.Stop();
            return;
        }

        Use(peer, connection, version);
    }

    /// <summary>
    /// Both ends dialled at once, and one connection is enough: the one that was opened by the end whose address comes first, letter by letter. The end that opened
    /// the other one closes it, once it can use the one that is kept. Where our address is not known, or may not be the one
    /// that the other end sees (behind a translating router), both are kept.
    /// </summary>
    private bool IsOursKept(NetworkPeer peer) =>
        !PeerAddress.TryParse(LocalName, out PeerAddress own)
        || (IPAddress.TryParse(own.Host, out IPAddress? ip)
            && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any) || (own.IsOfLocalScope && !peer.Address.IsOfLocalScope)))
        || string.CompareOrdinal(own.ToString(), peer.Name) <= 0;

    /// <summary>The connection is there: the peer is warm.</summary>
    private void Use(NetworkPeer peer, PeerConnection connection, NegotiatedVersion version)
    {
        peer.Connection = connection;
        peer.IsReconnecting = false;
        connection.Use();
        peer.Watching = connection.KeepAlive.RoundTrips.Subscribe(peer.Answered, static _ => { });
        peer.Facts = peer.Facts with { EstablishedSince = Now, SharesPeers = version.PeerSharing };
        peer.MayBeShared |= !peer.Facts.IsLocalRoot && !peer.Facts.Origin.HasFlag(PeerOrigin.Inbound);
        if (version.IsDuplex)
        {
            Transactions.Attach(peer, connection);
        }

        Step(peer, PeerStep.Connected, null);
    }

    private void Activate(NetworkPeer peer)
    {
        if (peer.Connection is not { } connection || !Step(peer, PeerStep.Activate, null))
        {
            return;
        }

        peer.Facts = peer.Facts with { History = peer.Facts.History.Activated(Now) };
        Step(peer, PeerStep.Activated, null);
        HeaderFollower? follower = null;
        follower = new HeaderFollower(
            peer, connection.ChainSync, Chains, _clock, error => Post(() => OnFollowerFailed(peer, connection, follower!, error)));
        peer.Follower = follower;
        follower.Start();
        if (_options.Peers.Mempool is { } mempool)
        {
            peer.Offering = connection.TxSubmission.Offer(mempool).Subscribe(static _ => { }, static _ => { });
        }
    }

    private void OnFollowerFailed(NetworkPeer peer, PeerConnection connection, HeaderFollower follower, NetworkException? error)
    {
        if (peer.Follower != follower)
        {
            return;
        }

        StopFollowing(peer);
        if (peer.Connection != connection || peer.Facts.Phase != PeerPhase.Hot)
        {
            return;
        }

        if (error is null)
        {
            peer.IsReconnecting = true;
            connection.Dispose();
            return;
        }

        if (error is IntersectionNotFoundException)
        {
            // The clean end of the reference's client: another chain, no fault; not before 120 s again.
            Blame(peer, error);
            peer.Facts = peer.Facts with { History = peer.Facts.History.Ended(Now, TimeSpan.FromSeconds(120)) };
            Step(peer, PeerStep.FellToWarm, error);
            return;
        }

        // A lie, or the connection's end, which is reported by itself.
        connection.Close(error);
    }

    private void Deactivate(NetworkPeer peer)
    {
        if (!Step(peer, PeerStep.Deactivate, null))
        {
            return;
        }

        StopFollowing(peer);
        peer.Facts = peer.Facts with { History = peer.Facts.History.Deactivated(Now) };
        Step(peer, PeerStep.Deactivated, null);
    }

    private void Disconnect(NetworkPeer peer)
    {
        if (!Step(peer, PeerStep.Disconnect, null) || peer.Connection is not { } connection)
        {
            return;
        }

        if (connection == peer.Inbound)
        {
            // The other side's to close: we only stop to use it.
            Release(peer);
            Step(peer, PeerStep.Disconnected, null);
            return;
        }

        connection.Stop();
    }

    /// <summary>A demotion that is stuck: cold at once; what the connection still says is about nothing.</summary>
    private void Reset(NetworkPeer peer)
    {
        PeerConnection? connection = peer.Connection;
        if (Step(peer, PeerStep.Reset, null))
        {
            Release(peer);
            connection?.Dispose();
        }
    }

    private void OnAccepted(PeerConnection connection, NegotiatedVersion version)
    {
        PeerAddress address = PeerTable.AddressOf(connection);
        if (_disposed || _table.IsBanned(address, Now))
        {
            connection.Dispose();
            return;
        }

        NetworkPeer peer = _table.FindOrAdd(address);
        if (peer.Inbound is { } older)
        {
            // The same address again: the newer connection is the live one. What we ran on the older goes on on this.
            peer.Inbound = null;
            peer.IsReconnecting |= peer.Connection == older;
            Publish(peer, new PeerEvent.Left(peer, null));
            OnEnded(peer, older, null);
            older.Dispose();

            // One that was taken out of use was forgotten with its connection.
            peer = _table.FindOrAdd(address);
        }

        peer.Inbound = connection;
        if (version.IsDuplex && peer.Facts.EstablishedSince is not null && peer.Connection is { IsOutbound: true, Version.IsDuplex: true } ours && !IsOursKept(peer))
        {
            // Ended by our own wish, the peer is connected to at once: over the connection that it opened.
            peer.IsReconnecting = true;
            ours.Stop();
        }

        peer.InboundSince = Now;
        peer.Facts = peer.Facts with { Origin = peer.Facts.Origin | PeerOrigin.Inbound };
        Publish(peer, new PeerEvent.Accepted(peer));
        connection.WhenEnded(_ => Post(() => OnInboundEnded(peer, connection)));
        Transactions.Attach(peer, connection);
        _changed = true;
    }

    private void OnInboundEnded(NetworkPeer peer, PeerConnection connection)
    {
        if (peer.Inbound != connection)
        {
            return;
        }

        peer.Inbound = null;
        Publish(peer, new PeerEvent.Left(peer, connection.Cause));
        if (peer.Connection == connection)
        {
            OnEnded(peer, connection, connection.Cause);
        }

        if (!peer.IsGoverned || peer.Facts.Origin == PeerOrigin.Inbound)
        {
            // Known only by a connection that is gone, from a port that nobody listens on.
            Forget(peer);
        }
    }

    private void OnEnded(NetworkPeer peer, PeerConnection connection, NetworkException? cause)
    {
        if (peer.Connection != connection)
        {
            return;
        }

        Release(peer);
        if (peer.IsExcluded)
        {
            Step(peer, PeerStep.Lost, cause);
            Forget(peer);
            return;
        }

        switch (peer.Facts.Phase)
        {
            case PeerPhase.Connecting:
                ConnectFailed(peer, cause);
                break;
            case PeerPhase.Disconnecting when cause is null:
                Step(peer, PeerStep.Disconnected, null);
                break;
            case PeerPhase.Cold:
                break;
            default:
                Lost(peer, cause);
                break;
        }
    }

    private void Lost(NetworkPeer peer, NetworkException? cause)
    {
        if (cause is not null)
        {
            Blame(peer, cause);
        }

        if (peer.IsReconnecting)
        {
            // By our own wish: no failure, and no wait.
            peer.IsReconnecting = false;
            peer.Facts = peer.Facts with { History = peer.Facts.History.Ended(Now, TimeSpan.Zero) };
        }
        else
        {
            GovernorRandom jitter = _jitter;
            peer.Facts = peer.Facts with
            {
                History = _options.Peers.Backoff is { } backoff
                    ? peer.Facts.History.Failed(Now, backoff, ref jitter)
                    : peer.Facts.History.Lost(Now, ref jitter),
            };
            _jitter = jitter;
        }

        Step(peer, PeerStep.Lost, cause);
    }

    private void ConnectFailed(NetworkPeer peer, NetworkException? cause)
    {
        // A peer that accepts and closes has failed as one that does not listen: it is told in the same way.
        cause ??= new ConnectionClosedException($"{peer.Name} closed the connection before the handshake was over");
        Blame(peer, cause);
        GovernorRandom jitter = _jitter;
        peer.Facts = peer.Facts with
        {
            History = _options.Peers.Backoff is { } backoff
                ? peer.Facts.History.Failed(Now, backoff, ref jitter)
                : peer.Facts.History.ConnectFailed(Now, ref jitter),
        };
        _jitter = jitter;
        Step(peer, PeerStep.ConnectFailed, cause);
    }

    private static void Blame(NetworkPeer peer, NetworkException cause) =>
        peer.Report(new Evidence(EvidenceOf.Error(cause)) { Cause = cause });

    private static void StopFollowing(NetworkPeer peer)
    {
        peer.Follower?.Dispose();
        peer.Follower = null;
        peer.Offering?.Dispose();
        peer.Offering = null;
    }

    private static void Release(NetworkPeer peer)
    {
        StopFollowing(peer);
        peer.Watching?.Dispose();
        peer.Watching = null;
        if (peer.Connection is { } connection)
        {
            peer.Keep(connection);
        }

        peer.Connection = null;
        peer.Facts = peer.Facts with { EstablishedSince = null };
    }

    private void Forget(NetworkPeer peer)
    {
        if (peer.Facts.Phase != PeerPhase.Cold || peer.Inbound is not null)
        {
            peer.IsGoverned = peer.Facts.Phase != PeerPhase.Cold;
            return;
        }

        _table.Remove(peer);
        _changed = true;
    }

    private bool Step(NetworkPeer peer, PeerStep step, NetworkException? cause)
    {
        if (PeerPhases.Advance(peer.Facts.Phase, step) is not { } next)
        {
            return false;
        }

        peer.Facts = peer.Facts with { Phase = next, PhaseSince = Now };
        PeerTemperature before = peer.Temperature;
        PeerTemperature after = PeerPhases.TemperatureOf(next);
        _changed = true;
        if (after != before)
        {
            peer.Temperature = after;
            Publish(peer, new PeerEvent.TemperatureChanged(peer, before, after, cause));
        }

        return true;
    }

    private void Publish(NetworkPeer peer, PeerEvent @event)
    {
        if (@event is PeerEvent.Reported { Evidence: { IsFailure: true } failure })
        {
            Chains.NoteFailure(peer.Name, failure);
        }

        Events.Publish(@event);
    }

    private static void Watch(PeerConnection connection, Action<NegotiatedVersion> negotiated, Action<NetworkException?> ended)
    {
        connection.Negotiated.Subscribe(negotiated, static _ => { }, static () => { });
        connection.WhenEnded(one => ended(one.Cause));
    }
}
