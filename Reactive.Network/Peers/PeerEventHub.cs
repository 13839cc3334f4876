using System.Collections.Immutable;
using Reactive.Network.Internal;
using Reactive.Network.Peers.Candidates;

namespace Reactive.Network.Peers;

/// <summary>The peers and what happens to them, as one shared stream that opens with a snapshot.</summary>
/// <remarks>
/// Queue: events that wait for one observer; bound <see cref="PeerOptions.MaxEvents"/>, owner its subscription, policy: they are replaced by a new
/// snapshot. Each observer has a strand of its own. Any thread.
/// </remarks>
internal sealed class PeerEventHub(NetworkOptions options, CandidateChains chains) : IObservable<PeerEvent>
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<PeerId, IPeer> _peers = [];
    private ImmutableArray<Subscription> _subscriptions = [];
    private bool _ended;

    /// <summary>Every known peer, by id.</summary>
    public ImmutableArray<IPeer> Snapshot
    {
        get
        {
            lock (_gate)
            {
                return [.. _peers.Values];
            }
        }
    }

    public void Publish(PeerEvent @event)
    {
        ImmutableArray<Subscription> all;
        lock (_gate)
        {
            switch (@event)
            {
                case PeerEvent.Added added:
                    _peers.Add(added.Peer.Id, added.Peer);
                    break;
                case PeerEvent.Removed removed:
                    _peers.Remove(removed.Peer.Id);
                    break;
            }

            all = _subscriptions;
            foreach (Subscription one in all)
            {
                one.Enqueue(@event);
            }
        }

        foreach (Subscription one in all)
        {
            one.MarkReady();
        }
    }

    /// <summary>The network was disposed.</summary>
    public void End()
    {
        ImmutableArray<Subscription> all;
        lock (_gate)
        {
            _ended = true;
            all = _subscriptions;
        }

        foreach (Subscription one in all)
        {
            one.MarkReady();
        }
    }

    public IDisposable Subscribe(IObserver<PeerEvent> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        var subscription = new Subscription(this, observer);
        lock (_gate)
        {
            _subscriptions = _subscriptions.Add(subscription);
        }

        subscription.MarkReady();
        return subscription;
    }

    /// <summary>What user code threw, to where the options say; else to the scheduler.</summary>
    public void Report(Exception error)
    {
        if (options.ObserverFaulted is { } told)
        {
            told(error);
            return;
        }

        options.Scheduler.Schedule(error, static (_, e) =>
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e);
            return System.Reactive.Disposables.Disposable.Empty;
        });
    }

    private sealed class Subscription(PeerEventHub hub, IObserver<PeerEvent> observer) : Strand(hub.Options.Scheduler), IDisposable
    {
        private const int EventsPerTurn = 64;

        /// <summary>Under the lock of the hub.</summary>
        private readonly Queue<PeerEvent> _events = new();
        private bool _needsSnapshot = true;
        private volatile bool _disposed;

        public void Enqueue(PeerEvent @event)
        {
            if (_needsSnapshot)
            {
                return;
            }

            if (_events.Count >= hub.Options.Peers.MaxEvents)
            {
                _events.Clear();
                _needsSnapshot = true;
                return;
            }

            _events.Enqueue(@event);
        }

        public void Dispose()
        {
            _disposed = true;
            lock (hub._gate)
            {
                hub._subscriptions = hub._subscriptions.Remove(this);
                _events.Clear();
            }
        }

        protected override bool RunTurn()
        {
            try
            {
                for (int i = 0; i < EventsPerTurn; i++)
                {
                    if (!TryTake(out PeerEvent? @event, out bool over))
                    {
                        if (over)
                        {
                            Dispose();
                            observer.OnCompleted();
                        }

                        return false;
                    }

                    observer.OnNext(@event!);
                }

                return true;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Dispose();
                hub.Report(e);
                return false;
            }
        }

        private bool TryTake(out PeerEvent? @event, out bool over)
        {
            lock (hub._gate)
            {
                over = false;
                if (_disposed)
                {
                    @event = null;
                    return false;
                }

                if (_needsSnapshot)
                {
                    _needsSnapshot = false;
                    @event = new PeerEvent.Snapshot([.. hub._peers.Values], hub.Chains);
                    return true;
                }

                over = hub._ended && _events.Count == 0;
                return _events.TryDequeue(out @event);
            }
        }
    }

    private NetworkOptions Options => options;

    private CandidateChains Chains => chains;
}
