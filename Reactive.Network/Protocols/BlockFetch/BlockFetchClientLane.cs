using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.BlockFetch;

/// <summary>The strand of a block-fetch initiator.</summary>
internal sealed class BlockFetchClientLane(Multiplexer mux, BlockFetchOptions options, FetchBudget budget, SeededRandom random)
    : ProtocolLane<BlockFetchProtocol, BlockFetchState, BlockFetchMessageKind>(mux, SduSender.Initiator, random)
{
    private readonly Lock _gate = new();
    private readonly Queue<FetchJob> _attached = new();
    private readonly Queue<FetchJob> _toAsk = new();
    private readonly Queue<FetchRange> _inFlight = new();
    private readonly DeliveryMeter _meter = new();
    private UncheckedBlocks? _unchecked;
    private int _received;
    private long _batchStart;
    private long _batchBytes;
    private long _outstanding;
    private long _returned;
    private int _jobs;
    private FetchBudget.Waiter? _waiter;
    private bool _busy;
    private bool _refused;
    private volatile bool _anyDetached;
    private bool _closed;
    private NetworkException? _cause;
    private bool _started;

    /// <summary>What was measured of the peer's deliveries. Written by the strand, read by any thread.</summary>
    public DeliveryMeter Meter => _meter;

    public override bool IsActive => State is not (BlockFetchState.Idle or BlockFetchState.Done);

    protected override bool DrainsAfterClose => true;

    public void Attach(FetchJob job)
    {
        NetworkException? refused = null;
        lock (_gate)
        {
            if (_closed)
            {
                refused = Ended(_cause);
            }
            else if (_jobs >= options.MaxFetches)
            {
                refused = new ProtocolBusyException(Name, $"{_jobs} fetches wait or run on this connection already");
            }
            else
            {
                _jobs++;
                _attached.Enqueue(job);
            }
        }

        if (refused is not null)
        {
            job.Fail(refused);
            return;
        }

        Mux.InitiatorUsed?.Invoke();
        MarkReady();
    }

    public void Detach(FetchJob job)
    {
        if (!job.IsOver)
        {
            job.IsOver = true;
            job.ReleaseCredits();
            _anyDetached = true;
            MarkReady();
        }
    }

    /// <summary>A block was consumed. Any thread.</summary>
    public void Return(long weight)
    {
        Interlocked.Add(ref _returned, weight);
        MarkReady();
    }

    /// <summary>The same without a turn of its own: one follows anyway, or the caller asks for it.</summary>
    public void ReturnOnStrand(long weight) => Interlocked.Add(ref _returned, weight);

    protected override void OnMessage(in IngressMessage item)
    {
        BlockFetchMessage message = BlockFetchCodec.Read(item.Lease);
        Received(message.Kind, in item);
        if (message.Kind == BlockFetchMessageKind.Block)
        {
            OnBlock(message.Block, item.Lease.Length);
            return;
        }

        OnTaken();
        switch (message.Kind)
        {
            case BlockFetchMessageKind.StartBatch:
                OnStartBatch(item.Arrival);
                break;
            case BlockFetchMessageKind.NoBlocks:
                OnNoBlocks(item.Arrival);
                break;
            case BlockFetchMessageKind.BatchDone:
                OnBatchDone(item.Arrival);
                break;
        }

        item.Lease.Release();
    }

    /// <summary>Blocks are checked together, as many as came for this turn, and then delivered.</summary>
    protected override void OnTaken()
    {
        if (_unchecked is not { } blocks)
        {
            return;
        }

        _unchecked = null;
        int delivered = 0;
        try
        {
            blocks.Check();
            for (; delivered < blocks.Count; delivered++)
            {
                if (blocks.DefectOf(delivered) is var defect && defect != BlockDefect.None)
                {
                    throw new InvalidBlockException(blocks[delivered].Claim.Announced, defect);
                }

                Deliver(blocks[delivered]);
            }
        }
        finally
        {
            blocks.GiveBack(delivered);
        }
    }

    protected override bool OnTurn()
    {
        Settle();
        TakeAttached();
        ForgetDetached();
        if (!IsFinishing)
        {
            Ask();
        }

        if (IsFinishing && HasAgency && _started && State == BlockFetchState.Idle)
        {
            Sending(BlockFetchMessageKind.ClientDone);
            BlockFetchCodec.Write(Egress, BlockFetchMessage.ClientDone);
            Flush();
        }

        return false;
    }

    protected override void OnClosed(NetworkException? cause)
    {
        lock (_gate)
        {
            _closed = true;
            _cause = cause;
        }

        TakeAttached();
        foreach (FetchRange range in _inFlight)
        {
            EndJob(range.Job, Ended(cause));
        }

        foreach (FetchJob job in _toAsk)
        {
            EndJob(job, Ended(cause));
        }

        _inFlight.Clear();
        _toAsk.Clear();
        Settle();
        if (_waiter is not null)
        {
            budget.Leave(_waiter);
        }

        if (_outstanding > 0)
        {
            // Blocks that are still held somewhere no longer count against the network's budget: nothing more comes over this connection.
            budget.Give(_outstanding);
            _outstanding = 0;
        }
    }

    private static NetworkException Ended(NetworkException? cause) =>
        cause ?? new ConnectionClosedException("the connection was closed before the fetch was done");

    private void TakeAttached()
    {
        lock (_gate)
        {
            while (_attached.TryDequeue(out FetchJob? job))
            {
                _toAsk.Enqueue(job);
            }
        }
    }

    /// <summary>A fetch that was given up must not keep its place behind one that cannot go on.</summary>
    private void ForgetDetached()
    {
        if (!_anyDetached)
        {
            return;
        }

        _anyDetached = false;
        for (int left = _toAsk.Count; left > 0; left--)
        {
            FetchJob job = _toAsk.Dequeue();
            if (!job.IsOver)
            {
                _toAsk.Enqueue(job);
            }
            else if (!_inFlight.Any(range => range.Job == job))
            {
                Forget();
            }
        }
    }

    private void Settle()
    {
        long returned = Interlocked.Exchange(ref _returned, 0);
        if (returned > 0)
        {
            Free(returned);
        }
    }

    private void Free(long bytes)
    {
        bytes = Math.Min(bytes, _outstanding);
        _outstanding -= bytes;
        budget.Give(bytes);
    }

    private void Ask()
    {
        int sent = 0;
        _refused = false;
        while (_toAsk.TryPeek(out FetchJob? job) && _inFlight.Count < BlockFetchOptions.MaxRequests)
        {
            if (job.IsFullyAsked)
            {
                _toAsk.Dequeue();
                if (job.IsOver && !_inFlight.Any(range => range.Job == job))
                {
                    Forget();
                }

                continue;
            }

            if (!TryCutRange(job, out int count, out long bytes))
            {
                break;
            }

            _started = true;
            _inFlight.Enqueue(new FetchRange(job, job.Asked, count, Clock.Now, _inFlight.Count == 0));
            Sending(BlockFetchMessageKind.RequestRange);
            BlockFetchCodec.Write(Egress, BlockFetchMessage.RequestRange(job.Blocks[job.Asked].Point, job.Blocks[job.Asked + count - 1].Point));
            job.Asked += count;
            _outstanding += bytes;
            sent++;
        }

        if (!_refused && _waiter is not null)
        {
            // Whatever else it waits for, others need not wait behind it.
            budget.Leave(_waiter);
        }

        if (sent > 0)
        {
            Flush();
        }
    }

    /// <summary>As many blocks as the window takes; the one that crosses the mark still goes with them.</summary>
    private bool TryCutRange(FetchJob job, out int count, out long bytes)
    {
        long high = BlockFetchOptions.ReferenceHighMark;
        long low = BlockFetchOptions.ReferenceLowMark;
        if (options.Window == FetchWindow.Adaptive)
        {
            long block = job.Weight(job.Asked);
            high = Math.Clamp(_meter.Window(block), high, options.MaxWindowBytes);

            // What the path holds and the block that is coming in stay asked for, or the peer is idle for as long as the next request is under way.
            low = Math.Max(high / 2, Math.Min(_meter.Product + block, high / 4 * 3));
        }

        count = 0;
        bytes = 0;
        if (_outstanding >= high)
        {
            _busy = true;
        }

        if (_busy && _outstanding > low)
        {
            return false;
        }

        _busy = false;
        // A range is at most half a window, so that the next one is asked for while this one comes in.
        long room = Math.Min(high - _outstanding, high / 2);
        while (job.Asked + count < job.Blocks.Length && bytes < room && count < BlockFetchOptions.MaxRangeBlocks)
        {
            bytes += job.Weight(job.Asked + count);
            count++;
        }

        _waiter ??= new FetchBudget.Waiter(MarkReady);
        if (budget.TryTake(_waiter, bytes, force: false, mayWait: false))
        {
            return true;
        }

        bytes = job.Weight(job.Asked);
        count = 1;
        _refused = !budget.TryTake(_waiter, bytes, force: _outstanding == 0, mayWait: true);
        return !_refused;
    }

    private void OnStartBatch(long arrival)
    {
        FetchRange range = _inFlight.Peek();
        _received = 0;
        _batchBytes = 0;
        if (range.FoundIdle)
        {
            _meter.OnFirstAnswer(arrival - range.AskedAt);
            _batchStart = arrival;
        }
    }

    private void OnBlock(Block block, int messageBytes)
    {
        FetchRange range = _inFlight.Peek();
        if (_received == range.Count)
        {
            throw Wrong($"more blocks than the {range.Count} that were asked for");
        }

        BlockRequest expected = range.Job.Blocks[range.First + _received];
        long weight = range.Job.Weight(range.First + _received);
        _received++;
        _batchBytes += messageBytes;
        var arrived = new ArrivedBlock(new BlockClaim(block, expected.Point, expected.Era), range.Job, weight);
        if (options.Check == BlockCheck.Body)
        {
            _unchecked ??= UncheckedBlocks.Take();
            if (_unchecked.Add(arrived))
            {
                OnTaken();
            }

            return;
        }

        if (options.Check == BlockCheck.Header && !(block.TryHash(out BlockHash hash) && hash == expected.Point.Hash))
        {
            throw new InvalidBlockException(expected.Point, BlockDefect.WrongHeader);
        }

        Deliver(arrived);
    }

    private void Deliver(in ArrivedBlock arrived)
    {
        FetchJob job = arrived.Job;
        if (job.IsOver)
        {
            arrived.Claim.Block.Dispose();
            Free(arrived.Weight);
            return;
        }

        try
        {
            job.Tell(arrived.Claim.Block, arrived.Weight);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            job.IsOver = true;
            job.ReleaseCredits();
            Mux.ReportObserverFault(e);
        }
    }

    private void OnNoBlocks(long arrival)
    {
        _batchStart = arrival;
        FetchRange range = _inFlight.Dequeue();
        FreeFrom(range, 0);
        EndJob(range.Job, new BlocksUnavailableException(range.Job.Blocks[range.First].Point, range.Job.Blocks[range.First + range.Count - 1].Point));
        ForgetIfLast(range.Job);
    }

    private void OnBatchDone(long arrival)
    {
        FetchRange range = _inFlight.Peek();
        if (_received < range.Count)
        {
            // The range stays in flight: its fetch is told with all others when the connection has ended.
            throw Wrong($"the batch ended after {_received} of {range.Count} blocks");
        }

        _inFlight.Dequeue();
        _meter.OnBatch(_batchBytes, arrival - _batchStart);
        _batchStart = arrival;
        if (range.First + range.Count == range.Job.Blocks.Length && !range.Job.IsOver)
        {
            Guarded(range.Job.Complete);
        }

        ForgetIfLast(range.Job);
    }

    private void FreeFrom(FetchRange range, int index)
    {
        long bytes = 0;
        for (int i = index; i < range.Count; i++)
        {
            bytes += range.Job.Weight(range.First + i);
        }

        Free(bytes);
    }

    private void EndJob(FetchJob job, Exception error)
    {
        if (!job.IsOver)
        {
            Guarded(() => job.Fail(error));
        }
    }

    private void Guarded(Action call)
    {
        try
        {
            call();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Mux.ReportObserverFault(e);
        }
    }

    private void ForgetIfLast(FetchJob job)
    {
        if (job.IsFullyAsked && !_toAsk.Contains(job) && !_inFlight.Any(range => range.Job == job))
        {
            Forget();
        }
    }

    private void Forget()
    {
        lock (_gate)
        {
            _jobs--;
        }
    }
}
