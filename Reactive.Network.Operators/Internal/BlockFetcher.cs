using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using Reactive.Network.Chain;
using Reactive.Network.Pacing;
using Reactive.Network.Protocols.BlockFetch;

namespace Reactive.Network.Operators.Internal;

/// <summary>The machine of <see cref="NetworkObservable.FetchBlocks"/>: events in order, each roll forward waiting for its block.</summary>
/// <remarks>Headers and blocks arrive on two strands and are put in place under a lock; asking and delivering happen in turns, outside of it.</remarks>
internal sealed class BlockFetcher(BlockFetchClient client, IPacedObserver<ChainEvent<Block>> observer, IScheduler scheduler)
    : SerialWork(scheduler), IPacedObserver<ChainEvent<Header>>, IDisposable
{
    /// <summary>Fetches under way at most: the client pipelines them, and bounds the bytes.</summary>
    private const int MaxFetches = 8;

    private const int MaxRetries = 3;

    /// <summary>A block announced and then denied: the roll back that explains it is on its way, or the peer is of no use.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly IScheduler _scheduler = scheduler;
    private readonly Lock _gate = new();
    private readonly LinkedList<ChainStepItem> _items = new();
    private readonly CompositeDisposable _subscriptions = [];
    private Point _delivered;
    private bool _deliveredAny;
    private int _fetches;
    private int _retries;
    private bool _pausing;
    private bool _headersDone;
    private bool _ended;
    private Exception? _error;

    public IDisposable Run(IObservable<ChainEvent<Header>> headers)
    {
        _subscriptions.Add(Paced.Subscribe(headers, this));
        return this;
    }

    public void Dispose()
    {
        ChainStepItem[] left;
        lock (_gate)
        {
            _ended = true;
            left = [.. _items];
            _items.Clear();
        }

        _subscriptions.Dispose();
        foreach (ChainStepItem item in left)
        {
            item.Drop();
        }
    }

    public void OnNext(ChainEvent<Header> value, Credit credit)
    {
        var item = new ChainStepItem(value.Kind, value.Point, value.Tip, credit);
        List<ChainStepItem>? dropped = null;
        lock (_gate)
        {
            if (_ended)
            {
                dropped = [item];
            }
            else if (value.Kind == ChainEventKind.RollForward)
            {
                item.AnnouncedBytes = value.Value.EstimatedBlockSize;
                item.Era = value.Value.Era;
                _items.AddLast(item);
            }
            else if (value.Kind != ChainEventKind.RollBackward || !TakesBack(item, out dropped))
            {
                _items.AddLast(item);
            }
        }

        if (value.Kind == ChainEventKind.RollForward)
        {
            value.Value.Dispose();
        }

        dropped?.ForEach(static one => one.Drop());
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

    protected override bool Turn()
    {
        RequestMore();
        return Deliver();
    }

    /// <summary>Drops what a roll back makes void.</summary>
    /// <returns>Whether that was all there was to do: nothing above its point was, or will be, delivered.</returns>
    private bool TakesBack(ChainStepItem rollBack, out List<ChainStepItem> dropped)
    {
        dropped = [];
        while (_items.Last is { Value: { Kind: ChainEventKind.RollForward } last } && last.Point != rollBack.Point)
        {
            last.IsVoid = true;
            dropped.Add(last);
            _items.RemoveLast();
        }

        bool stands = _items.Last is { } tail
            ? tail.Value.Point == rollBack.Point
            : _deliveredAny && _delivered == rollBack.Point;
        if (stands)
        {
            dropped.Add(rollBack);
        }

        return stands;
    }

    private void RequestMore()
    {
        while (true)
        {
            List<ChainStepItem> batch = [];
            lock (_gate)
            {
                if (_ended || _pausing || _error is not null || _fetches >= MaxFetches)
                {
                    return;
                }

                foreach (ChainStepItem item in _items)
                {
                    bool wanted = item.Kind == ChainEventKind.RollForward && !item.IsAsked;
                    if (wanted)
                    {
                        item.IsAsked = true;
                        batch.Add(item);
                    }
                    else if (batch.Count > 0)
                    {
                        break;
                    }
                }

                if (batch.Count == 0)
                {
                    return;
                }

                _fetches++;
            }

            Fetch(batch);
        }
    }

    private void Fetch(List<ChainStepItem> batch)
    {
        var subscription = new SingleAssignmentDisposable();
        _subscriptions.Add(subscription);
        IObservable<Block> blocks = client.Fetch([.. batch.Select(static item => new BlockRequest(item.Point, item.AnnouncedBytes) { Era = item.Era })]);
        subscription.Disposable = Paced.Subscribe(blocks, new BatchObserver(this, batch, subscription));
    }

    private bool Deliver()
    {
        for (int i = 0; i < MaxPerTurn; i++)
        {
            ChainStepItem item;
            Exception? error;
            lock (_gate)
            {
                if (_ended)
                {
                    return false;
                }

                if (_items.First is not { } first || !first.Value.IsReady)
                {
                    error = _error;
                    if (error is null && !(_headersDone && _items.Count == 0))
                    {
                        return false;
                    }

                    _ended = true;
                    item = null!;
                }
                else
                {
                    error = null;
                    item = first.Value;
                    _items.RemoveFirst();
                    _delivered = item.Point;
                    _deliveredAny = true;
                }
            }

            if (item is null)
            {
                End(error);
                return false;
            }

            observer.OnNext(new ChainEvent<Block>(item.Kind, item.Point, item.Block, item.Tip), new Credit(item, item.AnnouncedBytes));
        }

        return true;
    }

    private void End(Exception? error)
    {
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

    private void OnUnavailable(List<ChainStepItem> batch, BlocksUnavailableException error)
    {
        lock (_gate)
        {
            bool needed = false;
            foreach (ChainStepItem item in batch)
            {
                if (!item.IsVoid && !item.IsReady)
                {
                    item.IsAsked = false;
                    needed = true;
                }
            }

            if (!needed)
            {
                return;
            }

            if (_retries++ == MaxRetries)
            {
                _error ??= error;
                return;
            }

            _pausing = true;
        }

        _subscriptions.Add(_scheduler.Schedule(this, RetryAfter, static (_, self) =>
        {
            lock (self._gate)
            {
                self._pausing = false;
            }

            self.Ask();
            return Disposable.Empty;
        }));
    }

    private void OnFetchEnded(IDisposable subscription)
    {
        _subscriptions.Remove(subscription);
        lock (_gate)
        {
            _fetches--;
        }

        Ask();
    }

    private void OnBlock(ChainStepItem item, Block block, Credit credit)
    {
        bool keep;
        lock (_gate)
        {
            keep = !item.IsVoid && !_ended;
            if (keep)
            {
                item.Fill(block, credit);
                _retries = 0;
            }
        }

        if (!keep)
        {
            block.Dispose();
            credit.Return();
            return;
        }

        Ask();
    }

    private sealed class BatchObserver(BlockFetcher fetcher, List<ChainStepItem> batch, IDisposable subscription) : IPacedObserver<Block>
    {
        private int _next;

        public void OnNext(Block value, Credit credit) => fetcher.OnBlock(batch[_next++], value, credit);

        public void OnError(Exception error)
        {
            if (error is BlocksUnavailableException unavailable)
            {
                fetcher.OnUnavailable(batch, unavailable);
            }
            else
            {
                fetcher.OnError(error);
            }

            fetcher.OnFetchEnded(subscription);
        }

        public void OnCompleted() => fetcher.OnFetchEnded(subscription);
    }
}
