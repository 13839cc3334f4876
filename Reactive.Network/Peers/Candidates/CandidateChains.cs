using System.Collections.Immutable;
using Reactive.Network.Chain;

namespace Reactive.Network.Peers.Candidates;

/// <summary>
/// The chains that peers announce, as one tree: a header that several announce is held once, with who announced it. Followers of peers write into it,
/// readers (<see cref="Subscribe"/>) are woken when it changed.
/// </summary>
/// <remarks>
/// <para>Bounded: headers lower than <see cref="CandidateOptions.MaxRollback"/> below the first reader are dropped, peers are asked no further than
/// <see cref="CandidateOptions.MaxAhead"/> above it, and one peer's chain is at most <see cref="CandidateOptions.MaxBytesPerPeer"/> long. A slow
/// reader does not change that: what it needs may be gone (<see cref="FellBehindException"/>).</para>
/// <para>An event costs the same with any number of peers; a peer that leaves costs the length of its chain.</para>
/// <para>Any thread; a lock stands inside, under which no user code runs.</para>
/// </remarks>
public sealed class CandidateChains
{
    private const int MaxFailures = 64;
    private const long NoNumber = CandidateHeader.UnknownNumber;

    /// <summary>Places below its start that are offered for one reader.</summary>
    private const int MaxBelowStart = 64;

    private readonly CandidateOptions _options;
    private readonly HeaderIndex _index = new();
    private readonly SortedDictionary<PeerId, CandidatePeer> _peers = [];
    private readonly List<CandidateSubscription> _subscriptions = [];
    private readonly List<Action> _waiting = [];
    private readonly List<(string Peer, Evidence Evidence)> _failures = [];
    private ImmutableArray<Action> _watchers = [];
    private volatile CandidateSubscription? _continuedBy;
    private long _reach = NoNumber;
    private long _told = NoNumber;
    private int _startVersion;
    private int _holds;
    private Action? _close;

    /// <summary>An empty tree.</summary>
    public CandidateChains(CandidateOptions? options = null)
    {
        _options = options ?? new CandidateOptions();
        _options.Validate();
    }

    /// <summary>Fires after <see cref="StartVersion"/> has changed. On the thread of a reader; must return at once.</summary>
    internal event Action? Restarted;

    internal Lock Gate { get; } = new();

    /// <summary>
    /// Peers, with a tree of their own, for a reader that begins where this tree does not reach: connections of its own, for as long as the subscription lives, which
    /// fails with <see cref="PointNotHeldException"/> where there are too many. <see langword="null"/> for a tree that is no network's.
    /// </summary>
    public Func<From, IObservable<PeerEvent>>? Apart { get; internal set; }

    /// <summary>Headers held.</summary>
    public int Count
    {
        get
        {
            lock (Gate)
            {
                return _index.Count;
            }
        }
    }

    /// <summary>Counts how often following began at another place: followers find an intersection anew when it changed.</summary>
    internal int StartVersion => Volatile.Read(ref _startVersion);

    /// <summary>Whether a reader wants to begin at points that no peer was found to have: one that has none of them is of no use, whatever else it has.</summary>
    internal bool IsStartWanted
    {
        get
        {
            lock (Gate)
            {
                return _subscriptions.Exists(static one => one.Start is null && !one.From.IsTip);
            }
        }
    }

    /// <summary>The end of each peer's chain, by id: a snapshot.</summary>
    public ImmutableArray<(IPeer Peer, CandidateHeader Head)> Heads
    {
        get
        {
            lock (Gate)
            {
                return [.. from peer in _peers.Values where peer.Head is not null select (peer.Peer, peer.Head!)];
            }
        }
    }

    /// <summary>What each peer last did that tells against it, dialled in vain included, the latest last; of 64 peers at most: a snapshot.</summary>
    public ImmutableArray<(string Peer, Evidence Evidence)> RecentFailures
    {
        get
        {
            lock (Gate)
            {
                return [.. _failures];
            }
        }
    }

    /// <summary>A peer failed: kept for readers that find nobody to follow.</summary>
    internal void NoteFailure(string peer, Evidence evidence)
    {
        lock (Gate)
        {
            _failures.RemoveAll(one => one.Peer == peer);
            if (_failures.Count == MaxFailures)
            {
                _failures.RemoveAt(0);
            }

            _failures.Add((peer, evidence));
        }
    }

    /// <summary>Becomes a reader.</summary>
    /// <param name="from">
    /// Where it begins. A place that is not held makes every peer begin anew there, if nobody else reads.
    /// </param>
    /// <param name="wake">Called when there is something to take; from any thread, must return at once.</param>
    /// <exception cref="PointNotHeldException">The place is not held, and others read.</exception>
    public CandidateSubscription Subscribe(From from, Action wake)
    {
        ArgumentNullException.ThrowIfNull(wake);
        var subscription = new CandidateSubscription(this, from, wake);
        bool restart;
        lock (Gate)
        {
            subscription.Start = from.IsTip ? BestHead() : FirstHeld(from);
            if (_subscriptions.Count == 0 && subscription.Start is { } start && BestHead() is { } best && RootOf(best) != RootOf(start))
            {
                // Held for another peer, with a chain of its own: the best chain was followed from its tip, and nobody knows how it hangs together with this.
                subscription.Start = null;
            }

            restart = subscription.Start is null && !from.IsTip;
            if (restart && _subscriptions.Any(other => other.Start is not null || other.From != from))
            {
                throw new PointNotHeldException(from);
            }

            restart &= _subscriptions.Count == 0;
            _subscriptions.Add(subscription);
            if (restart)
            {
                StartAnew();
            }

            Place(subscription, subscription.Start);
            foreach (CandidatePeer peer in _peers.Values)
            {
                if (peer.Head is not null)
                {
                    subscription.Note(peer, rolledBack: false);
                }
            }
        }

        if (restart)
        {
            Restarted?.Invoke();
        }

        wake();
        return subscription;
    }

    /// <summary>Whether a reader can begin at a place at once.</summary>
    public bool Holds(Point point)
    {
        lock (Gate)
        {
            return _index.Find(point) is not null;
        }
    }

    /// <summary>
    /// The reader of this tree goes on in another one, at a place of this: from now on whoever has the place where <paramref name="reader"/> is has the headers of
    /// this tree too, and who watches this watches the other.
    /// </summary>
    public void ContinueIn(CandidateSubscription reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ImmutableArray<Action> watchers;
        lock (Gate)
        {
            _continuedBy = reader;
            watchers = _watchers;
            foreach (Action changed in watchers)
            {
                reader.Chains.Watch(changed);
            }
        }

        foreach (Action changed in watchers)
        {
            changed();
        }
    }

    /// <summary>
    /// Keeps the peers of a tree that <see cref="Apart"/> opened, also when its reader has ended: for who has headers of it to fetch still. Of no effect on other trees.
    /// </summary>
    /// <returns>Disposing it ends the hold; its connections are closed with the last one, if the reader has ended. Any thread, once or more often.</returns>
    public IDisposable Hold()
    {
        lock (Gate)
        {
            _holds++;
        }

        return System.Reactive.Disposables.Disposable.Create(this, static self => self.EndHold());
    }

    /// <summary>Calls <paramref name="changed"/> after every change of a peer's chain: for who waits for somebody to have a block.</summary>
    /// <param name="changed">Called from any thread; must return at once.</param>
    /// <returns>Disposing it ends the calls.</returns>
    public IDisposable Watch(Action changed)
    {
        ArgumentNullException.ThrowIfNull(changed);
        lock (Gate)
        {
            if (_continuedBy is { } reader)
            {
                return reader.Chains.Watch(changed);
            }

            _watchers = _watchers.Add(changed);
        }

        return System.Reactive.Disposables.Disposable.Create((this, changed), static x => x.Item1.Unwatch(x.changed));
    }

    private void Unwatch(Action changed)
    {
        lock (Gate)
        {
            _watchers = _watchers.Remove(changed);
            _continuedBy?.Chains.Unwatch(changed);
        }
    }

    /// <summary>Where a follower of a peer shall look for an intersection, most preferred first; empty: at the peer's tip.</summary>
    /// <param name="startVersion">The version these points belong to.</param>
    public IReadOnlyList<Point> IntersectionPoints(out int startVersion)
    {
        lock (Gate)
        {
            startVersion = _startVersion;
            if (_subscriptions.Find(static one => one.Start is null && !one.From.IsTip) is { } pending)
            {
                return pending.From.Points;
            }

            CandidateHeader? best = BestHead();
            CandidateHeader? reader = FurthestReader()?.Position;

            // A chain that does not hang together with where readers are is of no use to them, however long.
            CandidateHeader? from = best is not null && (reader is null || RootOf(best) == RootOf(reader)) ? best : reader;
            if (from is null)
            {
                return [];
            }

            List<Point> points = Offsets(from);

            // Places below the one where a reader began: its chain may be rolled back to them too.
            foreach (CandidateSubscription one in _subscriptions)
            {
                points.AddRange(one.PointsBelowStart.Where(point => !points.Contains(point)).Take(MaxBelowStart));
            }

            return points;
        }
    }

    /// <summary>A peer has the place <paramref name="point"/> on its chain; what it announces next stands on it.</summary>
    /// <param name="peer">Whose chain.</param>
    /// <param name="point">The place.</param>
    /// <param name="tip">Its tip.</param>
    /// <param name="isOffered">
    /// Whether the place is one of <see cref="IntersectionPoints"/>, and not the peer's own tip.
    /// </param>
    /// <returns>
    /// <see langword="false"/> where the place was offered and has been dropped meanwhile, its last peer having left: nothing would hang together with what
    /// is held, and an intersection is to be found anew.
    /// </returns>
    public bool Intersected(IPeer peer, Point point, Tip tip, bool isOffered = false)
    {
        ArgumentNullException.ThrowIfNull(peer);
        lock (Gate)
        {
            if (isOffered && _index.Find(point) is null && !_subscriptions.Exists(one => one.From.Points.Contains(point)))
            {
                return false;
            }

            CandidatePeer place = PlaceOf(peer);
            bool moved = place.Head is not null;
            CandidateHeader? node = _index.Find(point);
            if (node is null)
            {
                long number = point.IsOrigin ? -1 : tip.Point == point ? (long)tip.BlockNumber : NoNumber;
                node = new CandidateHeader(this, point, null, null, number, TimeSpan.Zero);
                _index.Add(node);
            }

            // Held by the pin while the peer's old chain is let go: it may be on that.
            node.Children++;
            Leave(place);
            node.Children--;
            place.Head = node;
            JoinDownFrom(place, node);
            foreach (CandidateSubscription one in _subscriptions)
            {
                if (one.Start is null && (one.From.IsTip || one.From.Points.Contains(point)))
                {
                    one.Start = node;
                    Place(one, node);
                }
            }

            NoteAll(place, moved);
        }

        WakeAll();
        return true;
    }

    /// <summary>A peer's chain grew by <paramref name="header"/>, which is copied where it is new.</summary>
    /// <param name="peer">Whose.</param>
    /// <param name="header">The header; the caller's to give back.</param>
    /// <param name="at">When it came.</param>
    /// <param name="isFirst">Whether no other peer had announced it.</param>
    /// <returns>
    /// Its place; <see langword="null"/> where following began anew at another place since the peer found its intersection: the header counts for nothing.
    /// </returns>
    /// <exception cref="Cbor.CodecException">The bytes are no header.</exception>
    /// <exception cref="BrokenLinkException">It does not stand on the header before it.</exception>
    /// <exception cref="InvalidHeaderException">Its number or slot does not follow, the validator refuses it, or the chain is too large.</exception>
    public CandidateHeader? Announce(IPeer peer, Header header, TimeSpan at, out bool isFirst)
    {
        ArgumentNullException.ThrowIfNull(peer);
        HeaderFields fields = header.ReadFields();
        var point = new Point(fields.Slot, header.Hash);
        CandidatePeer place;
        CandidateHeader? parent;
        isFirst = false;
        lock (Gate)
        {
            place = PlaceOf(peer);
            parent = place.Head;
        }

        if (parent is null)
        {
            return null;
        }

        HeaderRules.Check(header, in fields, point, parent, _options.Validator);
        CandidateHeader node;
        lock (Gate)
        {
            if (place.Head != parent)
            {
                return null;
            }

            node = Insert(header, (long)fields.BlockNumber, point, parent, at, out isFirst);
            node.AnnouncedBy.Add(place);
            place.Head = node;
            if (node.IsHeld)
            {
                place.Bytes += node.Header.Size;
                if (place.Bytes > _options.MaxBytesPerPeer)
                {
                    throw new InvalidHeaderException(point, $"the headers announced take more than {_options.MaxBytesPerPeer} bytes");
                }
            }

            if (_subscriptions.Count == 0)
            {
                Prune(node.Number);
            }

            NoteAll(place, rolledBack: false);
        }

        WakeAll();
        return node;
    }

    /// <summary>A peer's chain goes back to <paramref name="point"/>.</summary>
    /// <returns><see langword="false"/> where that is deeper than what is held of it: an intersection is to be found anew.</returns>
    public bool RollBack(IPeer peer, Point point)
    {
        ArgumentNullException.ThrowIfNull(peer);
        lock (Gate)
        {
            CandidatePeer place = PlaceOf(peer);
            CandidateHeader? target = place.Head;
            while (target is not null && target.Point != point)
            {
                target = target.Parent;
            }

            if (target is null)
            {
                return false;
            }

            while (place.Head is { } head && head != target)
            {
                CandidateHeader? below = head.Parent;
                Withdraw(place, head);
                place.Head = below;
            }

            NoteAll(place, rolledBack: true);
        }

        WakeAll();
        return true;
    }

    /// <summary>A peer is no longer followed.</summary>
    public void Remove(IPeer peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        bool restart;
        lock (Gate)
        {
            if (!_peers.Remove(peer.Id, out CandidatePeer? place))
            {
                return;
            }

            Leave(place);
            place.IsGone = true;
            NoteAll(place, rolledBack: false);

            // A peer that claimed to be far ahead, while nobody read, has taken the floor with it: what the others announce would be too deep to be held.
            restart = _subscriptions.Count == 0 && _index.Floor != NoNumber && !_peers.Values.Any(IsAboveFloor);
            if (restart)
            {
                StartAnew();
            }
        }

        if (restart)
        {
            Restarted?.Invoke();
        }

        WakeAll();
    }

    /// <summary>Whether a peer whose chain reaches <paramref name="header"/> may be asked for more.</summary>
    public bool MayAdvance(CandidateHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        lock (Gate)
        {
            return MayAdvanceLocked(header);
        }
    }

    /// <summary>Calls <paramref name="wake"/> once when readers got further; at once where <paramref name="header"/> may be advanced beyond already.</summary>
    internal void WaitForReaders(CandidateHeader header, Action wake)
    {
        lock (Gate)
        {
            if (!MayAdvanceLocked(header))
            {
                _waiting.Add(wake);
                return;
            }
        }

        wake();
    }

    internal IReadOnlyList<IPeer> AnnouncersOf(CandidateHeader header)
    {
        if (_continuedBy is { } reader)
        {
            return reader.Last?.Announcers ?? [];
        }

        lock (Gate)
        {
            // Dropped since nobody had it any more, and announced anew: the tree holds it in another node.
            header = header.IsHeld ? header : _index.Find(header.Point) ?? header;
            if (header.AnnouncedBy.Count == 0)
            {
                return [];
            }

            var announcers = new IPeer[header.AnnouncedBy.Count];
            for (int i = 0; i < announcers.Length; i++)
            {
                announcers[i] = header.AnnouncedBy[i].Peer;
            }

            return announcers;
        }
    }

    internal bool MoveTo(CandidateSubscription subscription, CandidateHeader position)
    {
        Action[] waiting = [];
        lock (Gate)
        {
            if (!position.IsHeld || !_subscriptions.Contains(subscription))
            {
                // Were it pinned all the same, what is below would be dropped with the pin that is there, and be held a second time when others announce it.
                return false;
            }

            Place(subscription, position);
            if (position.Number > _reach)
            {
                _reach = position.Number;
                Prune(_reach);
            }

            // In steps, so that a header does not wake every follower: one that waits has announced more than a step already.
            long furthest = FurthestReader()!.Position!.Number;
            _told = Math.Min(_told, furthest);
            if (_waiting.Count > 0 && furthest >= _told + Math.Max(1, _options.MaxAhead / 8))
            {
                _told = furthest;
                waiting = [.. _waiting];
                _waiting.Clear();
            }
        }

        foreach (Action wake in waiting)
        {
            wake();
        }

        return true;
    }

    /// <summary>The reader ends: calls <paramref name="close"/> when nobody holds the tree. Until then the reader's place stays, so that nobody is asked ahead.</summary>
    internal void CloseWhenFree(Action close)
    {
        lock (Gate)
        {
            if (_holds > 0)
            {
                _close = close;
                return;
            }
        }

        close();
    }

    internal void Remove(CandidateSubscription subscription)
    {
        Action[] waiting;
        lock (Gate)
        {
            if (_close is not null || !_subscriptions.Remove(subscription))
            {
                return;
            }

            Place(subscription, null);
            _reach = FurthestReader()?.Position?.Number ?? NoNumber;
            _told = _reach;
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        foreach (Action wake in waiting)
        {
            wake();
        }
    }

    private static List<Point> Offsets(CandidateHeader from)
    {
        // Fibonacci offsets back from the end, as the reference, and the place where what is held ends.
        List<Point> points = [];
        long next = 0;
        (long a, long b) = (1, 2);
        CandidateHeader last = from;
        long offset = 0;
        for (CandidateHeader? node = from; node is not null; node = node.Parent, offset++)
        {
            last = node;
            if (offset == next)
            {
                points.Add(node.Point);
                next = a;
                (a, b) = (b, a + b);
            }
        }

        if (points[^1] != last.Point)
        {
            points.Add(last.Point);
        }

        return points;
    }

    private void EndHold()
    {
        Action? close;
        lock (Gate)
        {
            if (--_holds > 0)
            {
                return;
            }

            (close, _close) = (_close, null);
        }

        close?.Invoke();
    }

    private bool MayAdvanceLocked(CandidateHeader header) =>
        _subscriptions.Count == 0
        || header.Number == NoNumber
        || FurthestReader() is not { Position: { } position }
        || position.Number == NoNumber
        || header.Number < position.Number + _options.MaxAhead;

    private bool IsAboveFloor(CandidatePeer peer) => peer.Head is { } head && (head.Number == NoNumber || head.Number >= _index.Floor);

    private CandidateSubscription? FurthestReader()
    {
        CandidateSubscription? furthest = null;
        foreach (CandidateSubscription one in _subscriptions)
        {
            if (one.Position is not null && (furthest is null || one.Position.Number > furthest.Position!.Number))
            {
                furthest = one;
            }
        }

        return furthest;
    }

    private static CandidateHeader RootOf(CandidateHeader node)
    {
        while (node.Parent is { } parent)
        {
            node = parent;
        }

        return node;
    }

    private CandidateHeader? BestHead()
    {
        CandidateHeader? best = null;
        foreach (CandidatePeer peer in _peers.Values)
        {
            if (peer.Head is { } head && (best is null || head.Number > best.Number))
            {
                best = head;
            }
        }

        return best;
    }

    private CandidateHeader? FirstHeld(From from)
    {
        foreach (Point point in from.Points)
        {
            if (_index.Find(point) is { } node)
            {
                return node;
            }
        }

        return null;
    }

    private CandidatePeer PlaceOf(IPeer peer)
    {
        if (!_peers.TryGetValue(peer.Id, out CandidatePeer? place))
        {
            place = new CandidatePeer(peer);
            _peers.Add(peer.Id, place);
        }

        return place;
    }

    private CandidateHeader Insert(Header header, long number, Point point, CandidateHeader parent, TimeSpan at, out bool isFirst)
    {
        if (parent.Number == NoNumber)
        {
            _index.Number(parent, header.Era == Era.ByronBoundary ? number : number - 1);
        }

        CandidateHeader? node = _index.Find(point);
        if (node is { IsAnchor: true })
        {
            // A place where another peer's chain began: from here on it is known what it stands on.
            isFirst = true;
            node.Fill(header.Copy(), parent, number, at);
            _index.Number(node, number);
            parent.Children++;
            foreach (CandidatePeer place in node.AnnouncedBy)
            {
                // Who has the block has those below it too, and readers may now find a way to its head.
                place.Bytes += node.Header.Size;
                JoinDownFrom(place, parent);
                NoteAll(place, rolledBack: false);
            }

            return node;
        }

        isFirst = node is null;
        if (node is not null)
        {
            return node;
        }

        if (number < _index.Floor)
        {
            // Too deep to be of use to a reader: the peer is catching up, and only the end of its chain is kept.
            return new CandidateHeader(this, point, header.Copy(), null, number, at);
        }

        node = new CandidateHeader(this, point, header.Copy(), parent, number, at);
        parent.Children++;
        _index.Add(node);
        return node;
    }

    /// <summary>A peer that finds an intersection on what is held has everything below it too.</summary>
    private static void JoinDownFrom(CandidatePeer place, CandidateHeader head)
    {
        for (CandidateHeader? node = head; node is { IsHeld: true }; node = node.Parent)
        {
            node.AnnouncedBy.Add(place);
            place.Bytes += node.Header.Size;
        }
    }

    private void Withdraw(CandidatePeer place, CandidateHeader node)
    {
        if (node.AnnouncedBy.Remove(place) && node.IsHeld)
        {
            place.Bytes -= node.Header.Size;
        }

        DropIfUnused(node);
    }

    private void Leave(CandidatePeer place)
    {
        CandidateHeader? node = place.Head;
        place.Head = null;
        while (node is not null)
        {
            CandidateHeader? below = node.Parent;
            Withdraw(place, node);
            node = below;
        }

        place.Bytes = 0;
    }

    private void DropIfUnused(CandidateHeader node)
    {
        while (node.IsHeld && node.AnnouncedBy.Count == 0 && node.Children == 0)
        {
            _index.Remove(node);
            if (node.Parent is not { } parent)
            {
                return;
            }

            parent.Children--;
            node = parent;
        }
    }

    /// <summary>A reader's place is held like a header that somebody announces, so that it can be found again when every peer is gone.</summary>
    private void Place(CandidateSubscription subscription, CandidateHeader? position)
    {
        CandidateHeader? before = subscription.Position;
        subscription.Position = position;
        if (position is not null)
        {
            position.Children++;
            subscription.Last = position;
        }

        if (before is not null)
        {
            before.Children--;
            DropIfUnused(before);
        }
    }

    private void StartAnew()
    {
        foreach (CandidatePeer peer in _peers.Values)
        {
            Leave(peer);
        }

        _index.Clear();
        _reach = _told = NoNumber;
        _startVersion++;
    }

    private void Prune(long reach)
    {
        if (reach == NoNumber || reach - _options.MaxRollback <= _index.Floor)
        {
            return;
        }

        _index.RaiseFloor(reach - _options.MaxRollback);
    }

    private void NoteAll(CandidatePeer peer, bool rolledBack)
    {
        foreach (CandidateSubscription one in _subscriptions)
        {
            one.Note(peer, rolledBack);
        }
    }

    private void WakeAll()
    {
        ImmutableArray<Action> watchers;
        CandidateSubscription[] all;
        lock (Gate)
        {
            watchers = _watchers;
            all = [.. _subscriptions];
        }

        foreach (Action changed in watchers)
        {
            changed();
        }

        foreach (CandidateSubscription one in all)
        {
            one.WakeUp();
        }
    }
}
