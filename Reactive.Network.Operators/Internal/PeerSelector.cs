using System.Collections.Immutable;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using Reactive.Network.Pacing;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;

namespace Reactive.Network.Operators.Internal;

/// <summary>
/// The machine of <see cref="NetworkObservable.SelectBestPeers"/>: hot peers sorted by cost and by tip, so that an event costs the logarithm of their
/// number and one call of the ranking.
/// </summary>
/// <remarks>
/// Events come one at a time and rank the peer they concern, with no lock held; a turn takes the best. A peer's becoming behind, or not, costs a ranking too:
/// at most once for each time its own tip, or the best one, passed it.
/// </remarks>
internal sealed class PeerSelector(int count, PeerRanking ranking, IPacedObserver<PeerSelection> observer, IScheduler scheduler)
    : SerialWork(scheduler), IObserver<PeerEvent>, IDisposable
{
    private static readonly TimeSpan ExploreFor = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly IScheduler _scheduler = scheduler;
    private readonly SingleAssignmentDisposable _upstream = new();
    private readonly SerialDisposable _exploring = new();
    private readonly SortedDictionary<PeerId, RankedPeer> _hot = [];
    private readonly SortedSet<RankedPeer> _ranked = [];
    private readonly SortedSet<(ulong Tip, PeerId Id)> _tips = [];
    private readonly SortedSet<PeerId> _unmeasured = [];
    private CandidateChains? _chains;
    private ulong _bestTip;
    private PeerId? _explorer;
    private PeerSelection? _told;
    private bool _changed;
    private bool _ending;
    private bool _over;
    private Exception? _error;

    public IDisposable Run(IObservable<PeerEvent> source)
    {
        _upstream.Disposable = source.SubscribeSafe(this);
        return this;
    }

    public void OnNext(PeerEvent value)
    {
        try
        {
            switch (value)
            {
                case PeerEvent.Snapshot snapshot:
                    Replace(snapshot);
                    break;
                case PeerEvent.TemperatureChanged { To: PeerTemperature.Hot } changed:
                    Measure(changed.Peer, isNew: true);
                    break;
                case PeerEvent.TemperatureChanged changed:
                    Leave(changed.Peer.Id);
                    break;
                case PeerEvent.Removed removed:
                    Leave(removed.Peer.Id);
                    break;
                case PeerEvent.TipChanged changed:
                    Measure(changed.Peer, isNew: false);
                    break;
                case PeerEvent.Measured measured:
                    Measure(measured.Peer, isNew: false);
                    break;
                case PeerEvent.Reported reported:
                    Measure(reported.Peer, isNew: false);
                    break;
                default:
                    return;
            }
        }
        catch (Exception error)
        {
            OnError(error);
            return;
        }

        Ask();
    }

    public void OnError(Exception error) => End(error);

    public void OnCompleted() => End(null);

    public void Dispose()
    {
        lock (_gate)
        {
            _over = true;
        }

        _upstream.Dispose();
        _exploring.Dispose();
    }

    protected override bool Turn()
    {
        PeerSelection? selection = null;
        bool ending;
        PeerId? explorerBefore;
        PeerId? explorer;
        lock (_gate)
        {
            if (_over)
            {
                return false;
            }

            ending = _ending;
            explorerBefore = _explorer;
            if (_changed && _chains is { } chains)
            {
                _changed = false;
                ImmutableArray<IPeer> peers = Select();
                if (_told is null || _told.Chains != chains || !_told.Peers.SequenceEqual(peers))
                {
                    selection = _told = new PeerSelection(peers, chains);
                }
            }

            explorer = _explorer;
        }

        if (explorer != explorerBefore)
        {
            Explore(explorer);
        }

        if (selection is not null)
        {
            Tell(selection);
        }

        if (ending)
        {
            Finish();
        }

        return false;
    }

    private void Replace(PeerEvent.Snapshot snapshot)
    {
        PeerId[] gone;
        lock (_gate)
        {
            _chains = snapshot.Chains;
            _changed = true;
            HashSet<PeerId> stay = [.. from peer in snapshot.Peers where peer.Temperature == PeerTemperature.Hot select peer.Id];
            gone = [.. _hot.Keys.Where(id => !stay.Contains(id))];
        }

        foreach (PeerId id in gone)
        {
            Leave(id);
        }

        foreach (IPeer peer in snapshot.Peers)
        {
            if (peer.Temperature == PeerTemperature.Hot)
            {
                Measure(peer, isNew: true);
            }
        }
    }

    private void Measure(IPeer peer, bool isNew)
    {
        PeerMeasurements measured = peer.Measurements;
        RankedPeer? one;
        List<RankedPeer>? passed;
        lock (_gate)
        {
            if (!_hot.TryGetValue(peer.Id, out one))
            {
                if (!isNew)
                {
                    return;
                }

                one = new RankedPeer(peer);
                _hot.Add(peer.Id, one);
                _unmeasured.Add(peer.Id);
            }

            if (measured.HeaderLag is not null || measured.BytesPerSecond is not null)
            {
                _unmeasured.Remove(peer.Id);
            }

            _tips.Remove((one.Tip, one.Id));
            one.Tip = measured.Tip.BlockNumber;
            _tips.Add((one.Tip, one.Id));
            passed = MoveBestTip();
            one.IsBehind = IsBehind(one.Tip);
            passed?.Remove(one);
        }

        Rank(one, in measured);
        RankAll(passed);
    }

    private void Leave(PeerId id)
    {
        List<RankedPeer>? passed;
        lock (_gate)
        {
            if (!_hot.Remove(id, out RankedPeer? one))
            {
                return;
            }

            _ranked.Remove(one);
            _unmeasured.Remove(id);
            _tips.Remove((one.Tip, id));
            passed = MoveBestTip();
            _changed = true;
        }

        RankAll(passed);
    }

    private bool IsBehind(ulong tip) => tip + PeerRankings.BehindBlocks < _bestTip;

    /// <summary>Takes the second highest tip of three or more for the best, and finds whom that makes to be behind, or not.</summary>
    private List<RankedPeer>? MoveBestTip()
    {
        ulong before = _bestTip;
        _bestTip = _tips.Count == 0 ? 0 : _tips.Reverse().ElementAt(_tips.Count > 2 ? 1 : 0).Tip;
        ulong low = Math.Min(before, _bestTip);
        ulong high = Math.Max(before, _bestTip);
        if (low == high || high <= PeerRankings.BehindBlocks)
        {
            return null;
        }

        List<RankedPeer>? passed = null;
        ulong from = low > PeerRankings.BehindBlocks ? low - PeerRankings.BehindBlocks : 0;
        foreach ((_, PeerId id) in _tips.GetViewBetween((from, default), (high - PeerRankings.BehindBlocks, new PeerId(int.MaxValue))))
        {
            RankedPeer one = _hot[id];
            if (one.IsBehind != IsBehind(one.Tip))
            {
                one.IsBehind = !one.IsBehind;
                (passed ??= []).Add(one);
            }
        }

        return passed;
    }

    private void RankAll(List<RankedPeer>? peers)
    {
        foreach (RankedPeer one in peers ?? [])
        {
            Rank(one, one.Peer.Measurements);
        }
    }

    private void Rank(RankedPeer one, in PeerMeasurements measured)
    {
        double cost = ranking(measured, one.IsBehind);
        cost = double.IsNaN(cost) ? double.PositiveInfinity : cost;
        lock (_gate)
        {
            if (one.IsNews(cost))
            {
                _ranked.Remove(one);
                one.Cost = cost;
                one.Rekey();
                _ranked.Add(one);
            }

            // An explorer that was measured is one no longer, whatever it costs.
            _changed = true;
        }
    }

    /// <summary>The best by rank; the last place may be lent to a peer that is not known yet.</summary>
    private ImmutableArray<IPeer> Select()
    {
        List<RankedPeer> best = [.. _ranked.Take(count)];
        if (FindExplorer(best) is { } explorer)
        {
            _explorer = explorer.Id;
            if (!best.Contains(explorer))
            {
                best[^1] = explorer;
            }
        }
        else
        {
            _explorer = null;
        }

        foreach (IPeer left in _told?.Peers ?? [])
        {
            Mark(left.Id, best.Exists(one => one.Id == left.Id));
        }

        best.ForEach(one => Mark(one.Id, true));
        best.Sort(static (one, other) => one.Cost.CompareTo(other.Cost) is not 0 and var byCost ? byCost : one.Id.CompareTo(other.Id));
        return [.. best.Select(static one => one.Peer)];
    }

    private RankedPeer? FindExplorer(List<RankedPeer> best)
    {
        if (count < 2 || _ranked.Count <= count)
        {
            return null;
        }

        if (_explorer is { } now && _unmeasured.Contains(now))
        {
            return _hot[now];
        }

        foreach (PeerId id in _unmeasured)
        {
            if (!best.Exists(one => one.Id == id) && _ranked.Contains(_hot[id]))
            {
                return _hot[id];
            }
        }

        return null;
    }

    private void Mark(PeerId id, bool isSelected)
    {
        // An explorer is not kept for having been one.
        isSelected &= id != _explorer;
        if (_hot.TryGetValue(id, out RankedPeer? one) && one.IsSelected != isSelected)
        {
            _ranked.Remove(one);
            one.IsSelected = isSelected;
            one.Rekey();
            _ranked.Add(one);
        }
    }

    private void Explore(PeerId? explorer) => _exploring.Disposable = explorer is not { } id ? Disposable.Empty
        : _scheduler.Schedule((Self: this, Id: id), ExploreFor, static (_, state) =>
        {
            lock (state.Self._gate)
            {
                // Its time is over, measured or not; it is explored again when it has been away.
                state.Self._unmeasured.Remove(state.Id);
                state.Self._changed = true;
            }

            state.Self.Ask();
            return Disposable.Empty;
        });

    private void Tell(PeerSelection selection)
    {
        try
        {
            observer.OnNext(selection, default);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void End(Exception? error)
    {
        lock (_gate)
        {
            if (_ending || _over)
            {
                return;
            }

            (_ending, _error) = (true, error);
        }

        _upstream.Dispose();
        Ask();
    }

    private void Finish()
    {
        Dispose();
        if (_error is { } error)
        {
            observer.OnError(error);
        }
        else
        {
            observer.OnCompleted();
        }
    }
}
