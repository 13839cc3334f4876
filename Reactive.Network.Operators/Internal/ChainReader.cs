using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using Reactive.Network.Chain;
using Reactive.Network.Pacing;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;

namespace Reactive.Network.Operators.Internal;

/// <summary>
/// The machine of <see cref="NetworkObservable.FollowChain"/>: a place on one chain, the way from there to the best head, and as many steps along it as the
/// observer has room for.
/// </summary>
internal sealed class ChainReader(From from, FollowOptions options, IPacedObserver<ChainEvent<CandidateHeader>> observer, IScheduler scheduler)
    : SerialWork(scheduler), IObserver<PeerSelection>, ICreditSource, IDisposable
{
    private const int ChangesPerTurn = 256;

    /// <summary>Peers to follow of a network apart.</summary>
    private const int PeersApart = 2;

    private readonly IScheduler _scheduler = scheduler;
    private readonly SortedDictionary<PeerId, CandidateHeader> _heads = [];
    private readonly SingleAssignmentDisposable _selections = new();
    private readonly SerialDisposable _reselect = new();
    private readonly SerialDisposable _giveUp = new();
    private readonly SerialDisposable _apart = new();
    private From _from = from;
    private volatile bool _isApart;
    private PeerSelection? _newest;
    private PeerSelection? _newestApart;
    private PeerSelection? _selection;
    private HashSet<PeerId> _selected = [];
    private CandidateSubscription? _reader;
    private CandidateSubscription? _begun;
    private readonly ChainTrail _trail = new();
    private CandidateHeader? _position;
    private CandidateHeader? _target;
    private List<CandidateHeader> _path = [];
    private long _delivered;
    private long _returned;
    private bool _takenBack;
    private bool _rescan;
    private bool _grown;
    private bool _mayShorten;
    private bool _reselecting;
    private bool _waiting;
    private bool _observerThrew;
    private volatile bool _disposed;
    private volatile bool _over;
    private volatile bool _reselectDue;
    private Exception? _error;

    /// <summary>Events that may be told before one is consumed.</summary>
    private long Room => options.Window - (_delivered - Interlocked.Read(ref _returned));

    public IDisposable Run(IObservable<PeerSelection> selections)
    {
        WaitForPeers();
        _selections.Disposable = selections.Subscribe(this);
        return this;
    }

    public void OnNext(PeerSelection value)
    {
        // The newest selection is all that counts.
        Volatile.Write(ref _newest, value);
        Ask();
    }

    public void OnError(Exception error)
    {
        _error = error;
        OnCompleted();
    }

    public void OnCompleted()
    {
        _over = true;
        Ask();
    }

    /// <summary>An event was consumed.</summary>
    public void Return(long weight)
    {
        Interlocked.Add(ref _returned, weight);
        Ask();
    }

    public void Dispose()
    {
        _disposed = true;
        _selections.Dispose();
        _reselect.Dispose();
        _giveUp.Dispose();

        // Before the reader: where others hold the network apart, its place is to stay.
        _apart.Dispose();
        Volatile.Read(ref _reader)?.Dispose();
    }

    protected override bool Turn()
    {
        if (_disposed)
        {
            // Disposed while the reader was being made.
            _reader?.Dispose();
            return false;
        }

        try
        {
            if (_over)
            {
                End(_error);
                return false;
            }

            if (_reselectDue)
            {
                (_reselectDue, _mayShorten, _rescan) = (false, true, true);
            }

            bool more = TakeSelection() && TakeChanges();
            if (_reader is { Start: not null })
            {
                Begin();
                more |= Choose() && Step();
                more |= !_disposed && _isApart && _reader is not null && TryJoin();
            }

            return more && !_disposed;
        }
        catch (Exception error) when (!_observerThrew)
        {
            // The choice threw, or there is no way on. What an observer throws has ended the subscription already, and passes.
            End(error);
            return false;
        }
    }

    private bool TakeSelection()
    {
        if (Volatile.Read(ref _isApart ? ref _newestApart : ref _newest) is not { } newest)
        {
            return false;
        }

        if (newest != _selection)
        {
            _selection = newest;
            _selected = [.. newest.Peers.Select(static peer => peer.Id)];
            _rescan = true;
        }

        return _reader is not null || TryOpen(newest.Chains);
    }

    private bool TryOpen(CandidateChains chains)
    {
        try
        {
            Volatile.Write(ref _reader, chains.Subscribe(_from, Ask));
            return true;
        }
        catch (PointNotHeldException) when (!_isApart && chains.Apart is not null)
        {
            GoApart(chains.Apart(_from));
            return false;
        }
    }

    /// <summary>Others are further on: with peers of its own until it has caught up.</summary>
    private void GoApart(IObservable<PeerEvent> peers)
    {
        Leave(isApart: true);
        _newestApart = null;
        WaitForPeers();
        _apart.Disposable = peers.SelectBestPeers(PeersApart, scheduler: _scheduler).Subscribe(
            selection =>
            {
                Volatile.Write(ref _newestApart, selection);
                Ask();
            },
            OnError,
            static () => { });
    }

    /// <summary>Goes on with the others, where they hold the place that was reached.</summary>
    /// <returns>Whether there is more to do.</returns>
    private bool TryJoin()
    {
        if (Volatile.Read(ref _newest) is not { } newest || !newest.Chains.Holds(_position!.Point))
        {
            return false;
        }

        CandidateSubscription joined;
        try
        {
            joined = newest.Chains.Subscribe(From.Point(_position.Point), Ask);
        }
        catch (PointNotHeldException)
        {
            // Dropped meanwhile. They are on their way, and so is this.
            return false;
        }

        // What was told and not fetched yet can be had from the others, and will not come from peers that are left here.
        _selection!.Chains.ContinueIn(joined);
        Leave(isApart: false);
        Volatile.Write(ref _reader, joined);
        _apart.Disposable = Disposable.Empty;
        Volatile.Write(ref _newestApart, null);
        return true;
    }

    private void Leave(bool isApart)
    {
        _isApart = isApart;
        _reader?.Dispose();
        Volatile.Write(ref _reader, null);
        _selection = null;
        _selected = [];
        _heads.Clear();
        _target = null;
        _path = [];
        _grown = false;
        Keep();
    }

    /// <summary>What comes next is no longer held: others are too far ahead. Begins anew where it is, or as little below as there is a peer that has the place.</summary>
    private void FallBehind()
    {
        if (_isApart || _selection?.Chains.Apart is not { } apart)
        {
            throw new FellBehindException(_position!.Point);
        }

        _from = From.AnyOf(_trail.Offer(options.MaxRollback));
        GoApart(apart(_from));
    }

    private bool TakeChanges()
    {
        for (int i = 0; i < ChangesPerTurn; i++)
        {
            if (!_reader!.TryTake(out CandidateChange change))
            {
                return false;
            }

            bool isOurs = _selected.Contains(change.Peer.Id);
            _takenBack |= isOurs && change.RolledBack && HadOurs(change.Peer.Id);
            if (change.Head is null)
            {
                _heads.Remove(change.Peer.Id);
            }
            else
            {
                _heads[change.Peer.Id] = change.Head;
            }

            if (isOurs && !change.RolledBack && change.Head is { } head && !_rescan)
            {
                // As long as there is a window to go, how far the others have come is of no matter; and the way must not grow while nobody walks it.
                if (_path.Count >= options.Window)
                {
                    _grown = true;
                    continue;
                }

                // A head that grew on top of the one that is followed needs no look at the others.
                if (head.Parent is { } parent && parent == _target)
                {
                    _path.Insert(0, head);
                    _target = head;
                    continue;
                }

                // Nor, by the default choice, does one that is no better: a header costs the same with any number of peers that announce it.
                if (options.Choice is null && _target is not null && (head == _target || !IsBetter(_target, head)))
                {
                    continue;
                }
            }

            _rescan |= isOurs;
        }

        return true;
    }

    /// <summary>Whether a peer had the chain that is followed, when it was looked at last.</summary>
    private bool HadOurs(PeerId peer) => _position is { } position && _heads.TryGetValue(peer, out CandidateHeader? head)
        && ChainPath.Find(position, head, options.MaxRollback) is { Kind: PathKind.Found, Depth: 0 };

    private void Begin()
    {
        if (_begun == _reader)
        {
            return;
        }

        _begun = _reader;
        _rescan = true;
        CandidateHeader start = _reader!.Start!;
        Point? stood = _position?.Point;
        _position = start;
        if (stood is null)
        {
            Deliver(ChainEventKind.Intersected, start.Point, null);
            stood = _from.Points.Count > 1 ? _from.Points[0] : start.Point;
        }

        if (stood != start.Point)
        {
            Deliver(ChainEventKind.RollBackward, start.Point, null);
        }
    }

    /// <summary>Looks at all heads for the best one, and at whether anybody still has the chain that is followed.</summary>
    /// <returns>Whether there is a reader still: <see langword="false"/> where it fell behind and begins anew.</returns>
    private bool Choose()
    {
        _rescan |= _grown && _path.Count < options.Window;

        // Whether there is room or not: a roll back needs none, since what it takes back may be what the observer waits for in vain.
        if (!_rescan)
        {
            return true;
        }

        (_rescan, _grown) = (false, false);
        CandidateHeader? ours = null;
        CandidateHeader? best = null;
        ChainPath oursPath = default;
        ChainPath bestPath = default;
        foreach ((PeerId id, CandidateHeader head) in _heads)
        {
            if (!_selected.Contains(id))
            {
                continue;
            }

            ChainPath path = ChainPath.Find(_position!, head, options.MaxRollback);
            if (path.Kind == PathKind.Apart && _from.Points.Count > 1)
            {
                path = ChainPath.FindBelow(head, _reader!.PointsBelowStart);
            }

            if (path.Kind == PathKind.Dropped)
            {
                FallBehind();
                return false;
            }

            if (path.Kind != PathKind.Found)
            {
                continue;
            }

            if (path.Depth == 0 && (ours is null || IsBetter(ours, head)))
            {
                (ours, oursPath) = (head, path);
            }

            if (best is null || IsBetter(best, head))
            {
                (best, bestPath) = (head, path);
            }
        }

        NoteUsable(best is not null);
        if (best is not null && (ours is null ? MayLeaveFor(best, bestPath) : bestPath.Depth > 0 && IsBetter(ours, best)))
        {
            Keep();
            Aim(best, bestPath);
        }
        else if (ours is not null)
        {
            Keep();
            Aim(ours, oursPath);
        }
        else
        {
            _target = null;
            _path = [];
            if (best is not null && IsAnother(bestPath))
            {
                ReselectLater();
            }
        }

        return true;
    }

    /// <summary>Nobody has the chain any more: a better one is followed, what its holder made of it, or after a while what there is.</summary>
    private bool MayLeaveFor(CandidateHeader best, ChainPath path) =>
        IsBetter(_position!, best) || _takenBack || (_mayShorten && IsAnother(path));

    /// <summary>Whether a chain is one that the followed one may be left for, rather than the same one not yet as long.</summary>
    private bool IsAnother(ChainPath path) => path.Forward.Count > 0 || options.FollowShorter;

    /// <summary>There is a chain to follow.</summary>
    private void Keep()
    {
        (_takenBack, _mayShorten, _reselecting) = (false, false, false);
        _reselect.Disposable = Disposable.Empty;
    }

    private void Aim(CandidateHeader head, ChainPath path)
    {
        if (path.Depth > 0)
        {
            _position = path.Ancestor!;
            Deliver(ChainEventKind.RollBackward, _position.Point, head);
        }

        // The same place, but maybe another object: peers came back, and the tree was built anew.
        _position = path.Ancestor!;
        _target = head;
        _path = path.Forward;
        if (path.Depth > 0)
        {
            _reader!.MoveTo(_position);
        }
    }

    private bool Step()
    {
        int told = 0;
        while (told < MaxPerTurn)
        {
            int count = (int)Math.Min(Math.Min(_path.Count, MaxPerTurn - told), Room);
            if (count <= 0)
            {
                return false;
            }

            // Held for us before anybody is told of it. The last peer that has it may leave at any moment, and what was told would be of a tree that is gone.
            if (!_reader!.MoveTo(_path[^count]))
            {
                _rescan = true;
                return true;
            }

            for (int i = 0; i < count; i++)
            {
                CandidateHeader next = _path[^1];
                _path.RemoveAt(_path.Count - 1);
                _position = next;
                Deliver(ChainEventKind.RollForward, next.Point, next);
                if (_disposed)
                {
                    return false;
                }
            }

            told += count;
        }

        return _path.Count > 0;
    }

    private void Deliver(ChainEventKind kind, Point point, CandidateHeader? header)
    {
        long weight = kind == ChainEventKind.Intersected ? 0 : 1;
        _delivered += weight;
        Note(kind, point);
        try
        {
            observer.OnNext(
                new ChainEvent<CandidateHeader>(kind, point, kind == ChainEventKind.RollForward ? header! : null!, TipOf(header)),
                weight == 0 ? default : new Credit(this, weight));
        }
        catch
        {
            _observerThrew = true;
            Dispose();
            throw;
        }
    }

    private void Note(ChainEventKind kind, Point point)
    {
        switch (kind)
        {
            case ChainEventKind.Intersected:
                _trail.Start(point);
                break;
            case ChainEventKind.RollForward:
                _trail.Add(point);
                break;
            case ChainEventKind.RollBackward:
                _trail.RollBack(point);
                break;
        }
    }

    /// <summary>The newest tip that a selected peer told, or the end of the chain that is followed.</summary>
    private Tip TipOf(CandidateHeader? header)
    {
        CandidateHeader? end = _target ?? header ?? _position;
        Tip tip = end is null or { IsAnchor: true } ? Tip.Origin : new Tip(end.Point, end.BlockNumber);
        if (_selection is { Peers: [var first, ..] } && first.Measurements.Tip is var told && told.BlockNumber > tip.BlockNumber)
        {
            tip = told;
        }

        return tip;
    }

    private bool IsBetter(CandidateHeader current, CandidateHeader candidate) => options.Choice is { } choice
        ? choice(current, candidate)
        : !candidate.IsAnchor && (current.IsAnchor || candidate.BlockNumber > current.BlockNumber);

    /// <summary>Counts from the last holder's leaving: what others announce meanwhile does not begin the wait anew.</summary>
    private void ReselectLater()
    {
        if (_reselecting)
        {
            return;
        }

        _reselecting = true;
        _reselect.Disposable = _scheduler.Schedule(this, options.ReselectAfter, static (_, self) =>
        {
            self._reselectDue = true;
            self.Ask();
            return Disposable.Empty;
        });
    }

    private void NoteUsable(bool any)
    {
        if (any)
        {
            _waiting = false;
            _giveUp.Disposable = Disposable.Empty;
        }
        else
        {
            WaitForPeers();
        }
    }

    private void WaitForPeers()
    {
        if (_waiting || options.GiveUpAfter is not { } limit)
        {
            return;
        }

        _waiting = true;
        _giveUp.Disposable = _scheduler.Schedule(this, limit, static (_, self) =>
        {
            self.OnError(new NoUsablePeerException(Point.Origin, self.Limit, self.Newest?.Chains.RecentFailures ?? []));
            return Disposable.Empty;
        });
    }

    private PeerSelection? Newest => (_isApart ? Volatile.Read(ref _newestApart) : null) ?? Volatile.Read(ref _newest);

    private TimeSpan Limit => options.GiveUpAfter ?? default;

    private void End(Exception? error)
    {
        if (_disposed)
        {
            return;
        }

        Dispose();
        if (error is null)
        {
            observer.OnCompleted();
        }
        else
        {
            observer.OnError(error);
        }
    }
}
