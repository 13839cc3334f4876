using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using Reactive.Network.Chain;
using Reactive.Network.Pacing;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Protocols.BlockFetch;

namespace Reactive.Network.Operators.Internal;

/// <summary>
/// The machine of <see cref="NetworkObservable.FetchWithFallback"/>: events in order, each roll forward waiting for its block, and the requests that are to
/// bring them.
/// </summary>
/// <remarks>
/// Headers and blocks arrive on many strands and are put in place under a lock; asking, giving up and delivering happen in turns, with no lock held
/// while anybody else's code runs.
/// </remarks>
internal sealed class FallbackFetcher : SerialWork, IPacedObserver<ChainEvent<CandidateHeader>>, IDisposable
{
    private const int MaxEvidence = 64;
    private const int RequestsPerTurn = 32;

    /// <summary>Peers that can be asked among which the best is looked for: with a thousand that have a block, it does not matter which of them.</summary>
    private const int MaxCandidates = 32;

    private readonly FetchPolicy _policy;
    private readonly IPacedObserver<ChainEvent<FetchedBlock>> _observer;
    private readonly IScheduler _scheduler;
    private readonly DateTimeOffset _start;
    private readonly Lock _gate = new();
    private readonly LinkedList<FetchItem> _items = new();
    private readonly List<FetchRequest> _requests = [];
    private readonly SortedDictionary<PeerId, PeerLoad> _loads = [];
    private readonly Queue<(string Peer, Evidence Evidence)> _evidence = new();
    private readonly List<(CandidateChains Chains, IDisposable Hold)> _trees = [];
    private readonly HedgeTimes _hedges;
    private readonly SingleAssignmentDisposable _headers = new();
    private readonly SerialDisposable _timer = new();
    private readonly SerialDisposable _watch = new();
    private TimeSpan _armed = TimeSpan.MaxValue;
    private Point _delivered;
    private bool _standsOnDelivered;
    private long _held;
    private long _lastRequest;
    private int _unasked;
    private long _out;
    private bool _blocked;
    private bool _hedgeBlocked;
    private bool _watching;
    private LinkedListNode<FetchItem>? _firstCrowded;
    private int _crowded;
    private FetchItem? _head;
    private TimeSpan _headSince;
    private FetchItem? _toldOf;
    private bool _headersDone;
    private bool _ended;
    private Exception? _error;

    public FallbackFetcher(FetchPolicy policy, IPacedObserver<ChainEvent<FetchedBlock>> observer, IScheduler scheduler)
        : base(scheduler)
    {
        _policy = policy;
        _observer = observer;
        _scheduler = scheduler;
        _start = scheduler.Now;
        _hedges = new HedgeTimes(policy.HedgePercentile, policy.MinHedge);
    }

    private TimeSpan Now => _scheduler.Now - _start;

    public IDisposable Run(IObservable<ChainEvent<CandidateHeader>> headers)
    {
        _headers.Disposable = Paced.Subscribe(headers, this);
        return this;
    }

    public void Dispose()
    {
        FetchItem[] left;
        FetchRequest[] requests;
        IDisposable[] holds;
        lock (_gate)
        {
            _ended = true;
            left = [.. _items];
            _items.Clear();
            _firstCrowded = null;
            requests = [.. _requests];
            _requests.Clear();
            holds = [.. _trees.Select(static tree => tree.Hold)];
            _trees.Clear();
            foreach (FetchRequest request in requests)
            {
                request.IsOver = true;
            }
        }

        _headers.Dispose();
        _timer.Dispose();
        _watch.Dispose();
        foreach (FetchRequest request in requests)
        {
            request.Subscription.Dispose();
        }

        foreach (FetchItem item in left)
        {
            item.Drop();
        }

        foreach (IDisposable hold in holds)
        {
            hold.Dispose();
        }
    }

    public void OnNext(ChainEvent<CandidateHeader> value, Credit credit)
    {
        var item = new FetchItem(this, value.Kind, value.Point, value.Tip, value.Value, credit);
        List<FetchItem>? dropped = null;
        List<FetchRequest>? cancelled = null;
        lock (_gate)
        {
            if (_ended)
            {
                dropped = [item];
            }
            else if (value.Kind != ChainEventKind.RollBackward || !TakesBack(item, cancelled = [], dropped = []))
            {
                Append(item);
            }
        }

        MakeRoom();
        dropped?.ForEach(static one => one.Drop());
        Cancel(cancelled ?? []);
        Ask();
    }

    public void OnError(Exception error)
    {
        lock (_gate)
        {
            _error ??= error;
        }

        Ask();
    }

    public void OnCompleted()
    {
        lock (_gate)
        {
            _headersDone = true;
        }

        Ask();
    }

    /// <summary>An event was consumed. Any thread.</summary>
    internal void Consumed(int announcedBytes)
    {
        lock (_gate)
        {
            _out--;
            _held -= announcedBytes;
            _blocked = false;
        }

        Ask();
    }

    internal void OnBlock(FetchRequest request, Block block, Credit credit)
    {
        List<FetchRequest> cancelled = [];
        bool used;
        lock (_gate)
        {
            used = request.Next < request.Items.Length && Place(request, block, cancelled);
            Unblocked();
        }

        if (!used)
        {
            block.Dispose();
        }

        // What is held counts against MaxBytes. Were the peer's window held too, blocks that wait for an earlier one would keep it from being asked for that.
        credit.Return();

        Cancel(cancelled);
        Ask();
    }

    internal void OnRequestEnded(FetchRequest request, Exception? error)
    {
        Evidence? evidence;
        lock (_gate)
        {
            if (request.IsOver)
            {
                return;
            }

            if (error is null && request.Next < request.Items.Length)
            {
                error = new BlocksUnavailableException(request.Items[request.Next].Point, request.Items[^1].Point);
            }

            TimeSpan now = Now;
            LeaveRequest(request, error is null ? null : now);
            if (error is null && request.UsedBlocks > 0 && request.Items.Length == 1)
            {
                _hedges.Add(now - request.AskedAt);
            }

            evidence = error is not null ? Failure(request, EvidenceOf.Error(error), error)
                : request.UsedBlocks > 0 ? Outcome(request, EvidenceKind.Delivered, request.UsedBytes)
                : Outcome(request, EvidenceKind.Superseded, request.WastedBytes);
        }

        Tell(request.Peer, evidence);
        Ask();
    }

    protected override bool Turn()
    {
        GiveUpOnTheStalled();
        for (int i = 0; i < RequestsPerTurn; i++)
        {
            if (Plan() is not { } request)
            {
                break;
            }

            Begin(request);
        }

        bool more = Deliver();
        lock (_gate)
        {
            NoteHead(Now);
        }

        LetGo();
        Arm();
        return more;
    }

    private static Evidence Outcome(FetchRequest request, EvidenceKind kind, long bytes, Exception? cause = null) => new(kind)
    {
        Request = request.Id,
        Point = request.Items[0].Point,
        Blocks = kind == EvidenceKind.Delivered ? request.UsedBlocks : request.Items.Length,
        Bytes = bytes,
        Took = request.LastProgress - request.AskedAt,
        Cause = cause,
    };

    private static Evidence Failure(FetchRequest request, EvidenceKind kind, Exception? cause) => Outcome(request, kind, request.UsedBytes, cause);

    private static bool Holds(IReadOnlyList<IPeer> announcers, PeerId peer)
    {
        foreach (IPeer one in announcers)
        {
            if (one.Id == peer)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Who has a block: who announced its header. Where other readers are so far ahead that the tree does not hold it any more, who announced one that stands on it.
    /// </summary>
    private static IReadOnlyList<IPeer> AnnouncersOf(FetchItem item)
    {
        IReadOnlyList<IPeer> announcers = [];
        for (LinkedListNode<FetchItem>? node = item.Node; node is { Value.Kind: ChainEventKind.RollForward }; node = node.Next)
        {
            announcers = node.Value.Header!.Announcers;
            if (announcers.Count > 0)
            {
                break;
            }
        }

        return announcers;
    }

    private PeerLoad LoadOf(IPeer peer)
    {
        if (!_loads.TryGetValue(peer.Id, out PeerLoad? load))
        {
            load = new PeerLoad();
            _loads.Add(peer.Id, load);
        }

        return load;
    }

    private void Append(FetchItem item)
    {
        LinkedListNode<FetchItem> node = _items.AddLast(item);
        item.Node = node;
        item.IsCrowded = true;
        _crowded++;
        _firstCrowded ??= node;
        if (item.Kind == ChainEventKind.RollForward)
        {
            _unasked++;
            Hold(item.Header!.Chains);
            Unblocked();
        }
    }

    /// <summary>Whose headers are to be fetched must not be closed when who read them has ended, or gone on elsewhere.</summary>
    private void Hold(CandidateChains chains)
    {
        if (_trees is [.., var newest] && newest.Chains == chains)
        {
            return;
        }

        _trees.Add((chains, chains.Hold()));
        _watching = false;
    }

    /// <summary>Ends the holds of trees of which nothing is to be fetched any more: they are in the order of the headers.</summary>
    private void LetGo()
    {
        while (true)
        {
            IDisposable hold;
            lock (_gate)
            {
                if (_trees is not [var oldest, ..] || IsNeeded(oldest.Chains))
                {
                    return;
                }

                hold = oldest.Hold;
                _trees.RemoveAt(0);
            }

            hold.Dispose();
        }
    }

    private bool IsNeeded(CandidateChains chains)
    {
        LinkedListNode<FetchItem>? node = _items.First;
        while (node is { Value.Header: null } or { Value.Kind: not ChainEventKind.RollForward })
        {
            node = node.Next;
        }

        return node?.Value.Header!.Chains == chains
            || _requests.Exists(request => Array.Exists(request.Items, item => item.Header!.Chains == chains));
    }

    private void Remove(LinkedListNode<FetchItem> node)
    {
        if (node.Value.IsCrowded)
        {
            _crowded--;
            _firstCrowded = node == _firstCrowded ? node.Next : _firstCrowded;
        }

        _items.Remove(node);
    }

    /// <summary>
    /// Asks for as many headers more as there is room for: those beyond <see cref="FetchPolicy.MaxBlocks"/> keep their credits until others have left.
    /// </summary>
    private void MakeRoom()
    {
        while (true)
        {
            FetchItem placed;
            lock (_gate)
            {
                if (_firstCrowded is not { } node || _items.Count - _crowded >= _policy.MaxBlocks)
                {
                    return;
                }

                placed = node.Value;
                placed.IsCrowded = false;
                _crowded--;
                _firstCrowded = node.Next;
            }

            placed.ReturnHeader();
        }
    }

    /// <summary>Puts a block where it is waited for.</summary>
    /// <returns>Whether it was; else it is to be given back.</returns>
    private bool Place(FetchRequest request, Block block, List<FetchRequest> cancelled)
    {
        FetchItem item = request.Items[request.Next++];
        PeerLoad load = LoadOf(request.Peer);
        request.LastProgress = load.LastProgress = Now;
        request.BytesToCome -= item.AnnouncedBytes;
        load.Bytes -= request.IsOver ? 0 : item.AnnouncedBytes;
        if (request.IsOver || !item.IsWanted || _ended)
        {
            request.WastedBytes += block.Size;
            item.Requests.Remove(request);
            return false;
        }

        item.Fill(block, request.Peer);
        request.UsedBlocks++;
        request.UsedBytes += block.Size;
        load.Delivered();
        Settle(item, request, cancelled);
        return true;
    }

    /// <summary>Something changed that may let a request be made.</summary>
    private void Unblocked() => (_blocked, _hedgeBlocked) = (false, false);

    /// <summary>Drops what a roll back makes void.</summary>
    /// <returns>Whether that was all there was to do: nothing above its point was, or will be, delivered.</returns>
    private bool TakesBack(FetchItem rollBack, List<FetchRequest> cancelled, List<FetchItem> dropped)
    {
        while (_items.Last is { Value: { Kind: ChainEventKind.RollForward } last } node && last.Point != rollBack.Point)
        {
            _unasked -= last.IsWanted && last.Requests.Count == 0 ? 1 : 0;
            _held -= last.IsReady ? last.AnnouncedBytes : 0;
            last.IsVoid = true;
            Settle(last, null, cancelled);
            dropped.Add(last);
            Remove(node);
            Unblocked();
        }

        // An intersection says where following goes on, not where the observer stands: a roll back to it is passed on.
        bool stands = _items.Last is { } tail
            ? tail.Value.Kind != ChainEventKind.Intersected && tail.Value.Point == rollBack.Point
            : _standsOnDelivered && _delivered == rollBack.Point;
        if (stands)
        {
            dropped.Add(rollBack);
        }

        return stands;
    }

    /// <summary>An item is no longer waited for: requests that bring nothing else are cancelled.</summary>
    private void Settle(FetchItem item, FetchRequest? by, List<FetchRequest> cancelled)
    {
        foreach (FetchRequest request in item.Requests)
        {
            request.Missing--;
            if (request != by && request.Missing == 0)
            {
                cancelled.Add(request);
            }
        }

        if (item.Requests.Count > 0 && !item.IsReady)
        {
            _held -= item.AnnouncedBytes;
        }

        item.Requests.Clear();
    }

    /// <summary>Others were faster, or a roll back came: what is still under way is drained below, and was wasted.</summary>
    private void Cancel(List<FetchRequest> requests)
    {
        foreach (FetchRequest request in requests)
        {
            Evidence evidence;
            lock (_gate)
            {
                if (request.IsOver)
                {
                    continue;
                }

                // Who is asked first and never delivers costs the wait for the second one each time, and is never waited for long enough to be found out.
                bool isStalled = request is { IsLate: true, Next: 0 } && LoadOf(request.Peer).Overtaken();
                LeaveRequest(request, isStalled ? Now : null);
                evidence = isStalled
                    ? Failure(request, EvidenceKind.Stalled, null)
                    : Outcome(request, EvidenceKind.Superseded, request.WastedBytes + request.BytesToCome);
            }

            request.Subscription.Dispose();
            Tell(request.Peer, evidence);
        }
    }

    /// <summary>A request is over: what it did not bring is to be asked for again, of another peer where this one failed.</summary>
    private void LeaveRequest(FetchRequest request, TimeSpan? failedAt)
    {
        request.IsOver = true;
        _requests.Remove(request);
        PeerLoad load = LoadOf(request.Peer);
        load.Bytes -= request.BytesToCome;
        if (failedAt is { } now)
        {
            load.Failed(now);
        }

        for (int i = request.Next; i < request.Items.Length; i++)
        {
            FetchItem item = request.Items[i];
            if (!item.Requests.Remove(request) || !item.IsWanted)
            {
                continue;
            }

            if (failedAt is not null)
            {
                item.RefusedBy(request.Peer.Id, load.NotBefore);
            }

            if (item.Requests.Count == 0)
            {
                _held -= item.AnnouncedBytes;
                _unasked++;
            }
        }

        Unblocked();
    }

    private void GiveUpOnTheStalled()
    {
        List<(FetchRequest Request, Evidence Evidence)>? stalled = null;
        List<FetchRequest>? left = null;
        lock (_gate)
        {
            TimeSpan now = Now;
            for (int i = _requests.Count - 1; i >= 0; i--)
            {
                FetchRequest request = _requests[i];
                if (now < StallsAt(request))
                {
                    continue;
                }

                if (!request.IsStalled)
                {
                    (stalled ??= []).Add((request, Failure(request, EvidenceKind.Stalled, null)));
                    request.IsStalled = true;
                }

                if (IsAnotherBetter(request, now))
                {
                    LeaveRequest(request, now);
                    (left ??= []).Add(request);
                    continue;
                }

                // What is under way would be lost, and the same asked of the same peer again: it goes on, and whoever else can be is asked too.
                request.WaitedOnAt = now;
                request.HedgeAt = now;
                Unblocked();
            }

            NoteHead(now);
        }

        left?.ForEach(static request => request.Subscription.Dispose());
        stalled?.ForEach(one => Tell(one.Request.Peer, one.Evidence));
    }

    private TimeSpan StallsAt(FetchRequest request) =>
        Later(Later(request.LastProgress, LoadOf(request.Peer).LastProgress), request.WaitedOnAt) + _policy.StallAfter;

    /// <summary>Whether what a stalled request still misses can be had from somebody who has not failed more often; or is not missed any more.</summary>
    private bool IsAnotherBetter(FetchRequest request, TimeSpan now)
    {
        if (Array.Find(request.Items[request.Next..], static item => item.IsWanted) is not { } missing)
        {
            return true;
        }

        int failures = LoadOf(request.Peer).Failures;
        return AnnouncersOf(missing).Any(peer =>
            peer.Id != request.Peer.Id
            && peer.Temperature == PeerTemperature.Hot
            && !missing.IsRefusedBy(peer.Id, now)
            && LoadOf(peer) is var load && load.NotBefore <= now && load.Failures <= failures);
    }

    /// <summary>Whether there is room for one block more: always, where nothing is held up but by its absence.</summary>
    private bool HasRoomFor(FetchItem item) =>
        _held + item.AnnouncedBytes <= _policy.MaxBytes || (item == _items.First?.Value && _out == 0);

    private void NoteHead(TimeSpan now)
    {
        FetchItem? head = _items.First?.Value;
        if (head != _head || (head is { IsWanted: true, Requests.Count: 0 } && !HasRoomFor(head)))
        {
            // New, or not asked for because the observer has not consumed what it has: nobody's fault.
            _head = head;
            _headSince = now;
        }
        else if (head is { IsReady: false } && _policy.GiveUpAfter is { } limit && now - _headSince >= limit)
        {
            _error ??= new NoUsablePeerException(head.Point, now - _headSince, [.. _evidence]);
        }
    }

    /// <summary>The next request to make: what nobody was asked for yet, or what is late.</summary>
    private FetchRequest? Plan()
    {
        while (true)
        {
            FetchItem? missing = null;
            FetchItem? late = null;
            FetchRequest? request;
            bool watch;
            CandidateChains[] trees = [];
            lock (_gate)
            {
                if (_ended || _error is not null)
                {
                    return null;
                }

                TimeSpan now = Now;
                request = (_unasked > 0 && !_blocked ? PlanNew(now, out missing) : null) ?? PlanHedge(now, out late);
                watch = request is null && (missing ?? late) is not null && !_watching;
                if (watch)
                {
                    // Looked at once more when the watch stands: what changed in between is seen then.
                    _watching = true;
                    trees = [.. _trees.Select(static tree => tree.Chains)];
                    Unblocked();
                }
                else if (request is not null)
                {
                    _watching = false;
                }
            }

            if (watch)
            {
                // Who has a later header has the block too, and that may be of another tree.
                _watch.Disposable = new CompositeDisposable(trees.Select(tree => tree.Watch(Unblock)));
                continue;
            }

            if (request is not null)
            {
                _watch.Disposable = Disposable.Empty;
            }
            else if (missing is not null && _toldOf != missing)
            {
                _toldOf = missing;
                Tell(null, new Evidence(EvidenceKind.NoUsablePeer) { Point = missing.Point, Blocks = 1 });
            }

            return request;
        }
    }

    private FetchRequest? PlanNew(TimeSpan now, out FetchItem? missing)
    {
        missing = null;
        LinkedListNode<FetchItem>? node = _items.First;
        while (node is not null && !(node.Value.IsWanted && node.Value.Requests.Count == 0))
        {
            node = node.Next;
        }

        if (node is null)
        {
            return null;
        }

        FetchItem first = node.Value;
        if (!HasRoomFor(first))
        {
            _blocked = true;
            return null;
        }

        bool isNearTip = _items.Count <= 2;
        IPeer? peer = Choose(first, isNearTip, except: null, now, out bool anyBusy);
        if (peer is null)
        {
            _blocked = true;
            missing = anyBusy ? null : first;
            return null;
        }

        return Make(peer, Cut(node, peer, now), now);
    }

    /// <summary>A request that is late and holds up delivery: its peer is left at it, and another is asked too.</summary>
    private FetchRequest? PlanHedge(TimeSpan now, out FetchItem? nobody)
    {
        nobody = null;
        if (_hedgeBlocked || _items.First is not { Value: { IsWanted: true } head } || head.Requests.Count == 0 || head.Requests.Count >= _policy.MaxPeers)
        {
            return null;
        }

        FetchRequest late = head.Requests[^1];
        if (now < late.HedgeAt)
        {
            return null;
        }

        IPeer? peer = Choose(head, announcerFirst: false, except: head, now, out _);
        if (peer is null)
        {
            // Tried again when something has changed, not after a while.
            _hedgeBlocked = true;
            nobody = head;
            return null;
        }

        FetchItem[] rest = [.. late.Items.SkipWhile(item => item != head).TakeWhile(static item => item.IsWanted)];
        late.HedgeAt = TimeSpan.MaxValue;
        late.IsLate = true;
        return rest.Length == 0 ? null : Make(peer, Held(rest, rest.Length, peer), now);
    }

    private IPeer? Choose(FetchItem item, bool announcerFirst, FetchItem? except, TimeSpan now, out bool anyBusy)
    {
        anyBusy = false;
        IPeer? best = null;
        double bestSeconds = double.MaxValue;
        IReadOnlyList<IPeer> announcers = AnnouncersOf(item);
        double firstSeconds = double.MaxValue;
        for (int i = 0, candidates = 0; i < announcers.Count && candidates < MaxCandidates; i++)
        {
            IPeer peer = announcers[i];
            if (peer.Temperature != PeerTemperature.Hot || item.IsRefusedBy(peer.Id, now) || IsAsked(except, peer))
            {
                continue;
            }

            PeerLoad load = LoadOf(peer);
            PeerMeasurements measured = peer.Measurements;
            if (load.NotBefore > now || !load.HasRoom(measured))
            {
                anyBusy |= load.NotBefore <= now;
                continue;
            }

            candidates++;
            double seconds = load.SecondsFor(measured, item.AnnouncedBytes);
            firstSeconds = i == 0 ? seconds : firstSeconds;
            if (seconds < bestSeconds)
            {
                (best, bestSeconds) = (peer, seconds);
            }
        }

        // Who announced it has it; only where that one is known to be much slower is another asked first.
        return best is not null && announcerFirst && firstSeconds <= 2 * bestSeconds ? announcers[0] : best;
    }

    private static bool IsAsked(FetchItem? item, IPeer peer) => item is not null && item.Requests.Exists(request => request.Peer.Id == peer.Id);

    /// <summary>As many consecutive blocks as are a piece for this peer, and as it has.</summary>
    private FetchItem[] Cut(LinkedListNode<FetchItem> first, IPeer peer, TimeSpan now)
    {
        long piece = PeerLoad.PieceBytes(peer.Measurements);
        List<FetchItem> items = [];
        long bytes = 0;
        for (LinkedListNode<FetchItem>? node = first; node is not null && bytes < piece; node = node.Next)
        {
            FetchItem item = node.Value;
            if (!item.IsWanted || item.Requests.Count > 0 || item.IsRefusedBy(peer.Id, now)
                || (items.Count > 0 && _held + bytes + item.AnnouncedBytes > _policy.MaxBytes))
            {
                break;
            }

            items.Add(item);
            bytes += item.AnnouncedBytes;
        }

        return Held([.. items], items.Count, peer);
    }

    /// <summary>The longest beginning of a run whose last block is on the peer's chain: then all before it are too. The first is known to be.</summary>
    private static FetchItem[] Held(FetchItem[] items, int count, IPeer peer)
    {
        while (count > 1 && !Holds(AnnouncersOf(items[count - 1]), peer.Id))
        {
            count /= 2;
        }

        return count == items.Length ? items : items[..count];
    }

    private FetchRequest Make(IPeer peer, FetchItem[] items, TimeSpan now)
    {
        var request = new FetchRequest(this, ++_lastRequest, peer, items, now);
        PeerLoad load = LoadOf(peer);
        long bytes = 0;
        foreach (FetchItem item in items)
        {
            if (item.Requests.Count == 0)
            {
                _unasked--;
                _held += item.AnnouncedBytes;
            }

            item.Requests.Add(request);
            bytes += item.AnnouncedBytes;
        }

        double expected = load.SecondsFor(peer.Measurements, bytes);
        request.BytesToCome = bytes;
        load.Bytes += bytes;
        TimeSpan late = items.Length == 1 ? _hedges.Late : _policy.MinHedge + TimeSpan.FromSeconds(Math.Min(1.5 * expected, 3600));
        request.HedgeAt = now + late;
        _requests.Add(request);
        return request;
    }

    private void Begin(FetchRequest request)
    {
        IObservable<Block> blocks;
        try
        {
            blocks = request.Peer.Fetch(
                [.. request.Items.Select(static item => new BlockRequest(item.Point, item.AnnouncedBytes) { Era = item.Header!.Header.Era })]);
        }
        catch (Exception error)
        {
            OnRequestEnded(request, error);
            return;
        }

        request.Subscription.Disposable = Paced.Subscribe(blocks, request);
    }

    private void Unblock()
    {
        lock (_gate)
        {
            Unblocked();
        }

        Ask();
    }

    /// <summary>One timer, for whatever comes next: a request that is late or stalled, a peer that may be asked again, the end of patience.</summary>
    private void Arm()
    {
        TimeSpan due = TimeSpan.MaxValue;
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            foreach (FetchRequest request in _requests)
            {
                due = Earlier(due, StallsAt(request));
            }

            TimeSpan now = Now;
            if (_items.First is { Value.Requests: [.., var newest] asked } && asked.Count < _policy.MaxPeers && !_hedgeBlocked)
            {
                due = Earlier(due, newest.HedgeAt);
            }

            if (_unasked > 0 || _hedgeBlocked)
            {
                foreach (PeerLoad load in _loads.Values)
                {
                    due = load.NotBefore > now ? Earlier(due, load.NotBefore) : due;
                }
            }

            if (_head is { IsWanted: true } && (_head.Requests.Count > 0 || HasRoomFor(_head)) && _policy.GiveUpAfter is { } limit)
            {
                due = Earlier(due, _headSince + limit);
            }

            if (due >= _armed)
            {
                return;
            }

            _armed = due;
        }

        TimeSpan wait = due - Now;
        _timer.Disposable = _scheduler.Schedule(this, wait > TimeSpan.Zero ? wait : TimeSpan.FromTicks(1), static (_, self) =>
        {
            lock (self._gate)
            {
                self._armed = TimeSpan.MaxValue;
                self.Unblocked();
            }

            self.Ask();
            return Disposable.Empty;
        });
    }

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Earlier(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private bool Deliver()
    {
        for (int i = 0; i < MaxPerTurn; i++)
        {
            FetchItem? item = null;
            Exception? error = null;
            lock (_gate)
            {
                if (_ended)
                {
                    return false;
                }

                if (_items.First is { Value: { IsReady: true } first })
                {
                    item = first;
                    Remove(_items.First);
                    _out++;
                    _delivered = item.Point;
                    _standsOnDelivered = item.Kind != ChainEventKind.Intersected;
                }
                else
                {
                    error = _error;
                    if (error is null && !(_headersDone && _items.Count == 0))
                    {
                        return false;
                    }
                }
            }

            if (item is null)
            {
                End(error);
                return false;
            }

            MakeRoom();
            try
            {
                _observer.OnNext(new ChainEvent<FetchedBlock>(item.Kind, item.Point, item.Block, item.Tip), new Credit(item, item.AnnouncedBytes));
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        return true;
    }

    private void End(Exception? error)
    {
        Dispose();
        if (error is null)
        {
            _observer.OnCompleted();
        }
        else
        {
            _observer.OnError(error);
        }
    }

    private void Tell(IPeer? peer, Evidence evidence)
    {
        lock (_gate)
        {
            if (evidence.IsFailure)
            {
                if (_evidence.Count == MaxEvidence)
                {
                    _evidence.Dequeue();
                }

                _evidence.Enqueue((peer?.Name ?? "", evidence));
            }
        }

        peer?.Report(evidence);
        _policy.Evidence?.Invoke(peer, evidence);
    }
}
