using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace Reactive.Network.Bearers;

/// <summary>One end of a byte stream inside this process, driven by an <see cref="IScheduler"/> alone: whole networks run in virtual time.</summary>
/// <remarks>
/// <para>
/// The bytes are real: they are copied into pooled buffers, arrive in order, after <see cref="InMemoryBearerOptions.Latency"/>, in pieces of any
/// size down to one byte. Without latency a batch arrives in the next turn of the scheduler, never inside <see cref="TryWrite"/>.
/// </para>
/// <para>
/// The two ends share one gate, which is never held while a sink or the scheduler is called, so any scheduler that does not run work in place
/// will do (not <see cref="ImmediateScheduler"/>). An end has one turn at a time, and in it: what has arrived, then
/// <see cref="IBearerSink.OnWritable"/>, then <see cref="IBearerSink.OnClosed"/>, each only where there is cause.
/// </para>
/// <para>
/// <see cref="Abort()"/> travels like a byte, but overtakes the queue: the remote end gets what arrives before it and then
/// <see cref="BearerFailure.Reset"/>.
/// </para>
/// </remarks>
public sealed class InMemoryBearer : IBearer
{
    private readonly IScheduler _scheduler;
    private readonly TimeSpan _latency;
    private readonly Lock _gate;
    private readonly InMemoryPipe _inbound;
    private readonly InMemoryPipe _outbound;
    private InMemoryBearer _remote;

    // All of it under the gate.
    private IBearerSink? _sink;
    private Wake? _wake;
    private DateTimeOffset _wakeAt;
    private DateTimeOffset? _resetAt;
    private BearerException? _cause;
    private bool _turnScheduled;
    private bool _running;
    private bool _runAgain;
    private bool _writable;
    private bool _paused;
    private bool _closing;
    private bool _endWasRead;
    private bool _ended;
    private bool _closed;

    private InMemoryBearer(
        IScheduler scheduler, TimeSpan latency, Lock gate, InMemoryPipe inbound, InMemoryPipe outbound, string remoteName)
    {
        _scheduler = scheduler;
        _latency = latency;
        _gate = gate;
        _inbound = inbound;
        _outbound = outbound;
        _remote = this;
        RemoteName = remoteName;
    }

    /// <inheritdoc/>
    public string RemoteName { get; }

    /// <summary>Two ends of one path.</summary>
    /// <param name="scheduler">Every call of a sink is a turn of it, and every time is its time.</param>
    /// <param name="options">The path; <see langword="null"/> for <see cref="InMemoryBearerOptions.Default"/>.</param>
    public static (IBearer A, IBearer B) CreatePair(IScheduler scheduler, InMemoryBearerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        options ??= InMemoryBearerOptions.Default;
        Lock gate = new();
        InMemoryPipe toA = new(options);
        InMemoryPipe toB = new(options);
        InMemoryBearer a = new(scheduler, options.Latency, gate, toA, toB, options.NameOfB);
        InMemoryBearer b = new(scheduler, options.Latency, gate, toB, toA, options.NameOfA) { _remote = a };
        a._remote = b;
        return (a, b);
    }

    /// <inheritdoc/>
    public void Start(IBearerSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        lock (_gate)
        {
            if (_sink is not null)
            {
                throw new InvalidOperationException("The bearer was started already.");
            }

            _sink = sink;
        }

        Arrange();
    }

    /// <inheritdoc/>
    public bool TryWrite(ReadOnlyMemory<byte> batch)
    {
        bool taken;
        lock (_gate)
        {
            if (batch.IsEmpty || _closing || _endWasRead || _ended)
            {
                return true;
            }

            if (_sink is null || _outbound.IsPending)
            {
                throw new InvalidOperationException(_sink is null ? "The bearer was not started." : "A write is pending: wait for OnWritable.");
            }

            taken = _outbound.Write(batch, _scheduler.Now);
        }

        _remote.Arrange();
        return taken;
    }

    /// <inheritdoc/>
    public void PauseReading()
    {
        lock (_gate)
        {
            _paused = true;
        }
    }

    /// <inheritdoc/>
    public void ResumeReading()
    {
        lock (_gate)
        {
            _paused = false;
        }

        Arrange();
    }

    /// <inheritdoc/>
    public void Close()
    {
        lock (_gate)
        {
            if (_closing || _endWasRead || _ended)
            {
                return;
            }

            _closing = true;
            if (!_outbound.IsPending)
            {
                _outbound.Complete(_scheduler.Now);
            }
        }

        _remote.Arrange();
    }

    /// <inheritdoc/>
    public void Abort() => Abort(null);

    /// <inheritdoc/>
    public void Dispose() => Abort(null);

    private void Abort(BearerException? cause)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            _remote._resetAt ??= _scheduler.Now + _latency;
            End(cause);
        }

        Arrange();
        _remote.Arrange();
    }

    // Under the gate. What was queued for the remote end still arrives there; a pending batch is let go.
    private void End(BearerException? cause)
    {
        _ended = true;
        _cause = cause;
        _inbound.Close();
        _outbound.DropPending();
    }

    // Under the gate. The stream from the remote end is over: this end is over as soon as its pending write is.
    private void EndInOrder(DateTimeOffset now)
    {
        if (_endWasRead && !_ended && !_outbound.IsPending)
        {
            _outbound.Complete(now);
            End(null);
        }
    }

    /// <summary>Sees to it that a turn comes when there is something to do: at once, or when the next piece arrives.</summary>
    private void Arrange()
    {
        Wake? wake = null;
        Wake? old = null;
        TimeSpan delay = TimeSpan.Zero;
        lock (_gate)
        {
            if (_sink is null || _closed || _turnScheduled || NextTurn() is not { } due)
            {
                return;
            }

            DateTimeOffset now = _scheduler.Now;
            if (due <= now)
            {
                _turnScheduled = true;
            }
            else if (_wake is not null && _wakeAt <= due)
            {
                return;
            }
            else
            {
                old = _wake;
                _wake = wake = new Wake();
                _wakeAt = due;
                delay = due - now;
            }
        }

        old?.Timer.Dispose();
        if (wake is null)
        {
            ScheduleTurn();
        }
        else
        {
            wake.Timer.Disposable = _scheduler.Schedule((Bearer: this, Wake: wake), delay, static (_, turn) => turn.Bearer.Run(turn.Wake));
            wake.ArmingThread = 0;
        }
    }

    // Under the gate.
    private DateTimeOffset? NextTurn()
    {
        if (_ended || _writable)
        {
            return DateTimeOffset.MinValue;
        }

        DateTimeOffset? arrival = _endWasRead || _paused ? null : _inbound.NextArrival;
        return _resetAt < arrival ? _resetAt : arrival ?? _resetAt;
    }

    private void ScheduleTurn() => _scheduler.Schedule(this, static (_, bearer) => bearer.Run(wake: null));

    private IDisposable Run(Wake? wake)
    {
        if (wake?.ArmingThread == Environment.CurrentManagedThreadId)
        {
            // The TaskPoolScheduler runs a delay of less than a millisecond in place: inside somebody's TryWrite.
            lock (_gate)
            {
                _wake = _wake == wake ? null : _wake;
                if (_turnScheduled)
                {
                    return Disposable.Empty;
                }

                _turnScheduled = true;
            }

            ScheduleTurn();
            return Disposable.Empty;
        }

        lock (_gate)
        {
            if (wake is null)
            {
                _turnScheduled = false;
            }
            else if (_wake == wake)
            {
                _wake = null;
            }

            if (_running)
            {
                // Another thread has the turn (a scheduler with several): it takes this one too.
                _runAgain = true;
                return Disposable.Empty;
            }

            _running = true;
        }

        while (true)
        {
            Turn();
            lock (_gate)
            {
                if (!_runAgain)
                {
                    _running = false;
                    break;
                }

                _runAgain = false;
            }
        }

        Arrange();
        _remote.Arrange();
        return Disposable.Empty;
    }

    private void Turn()
    {
        IBearerSink sink;
        DateTimeOffset now;
        long upTo;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            sink = _sink!;
            now = _scheduler.Now;

            // Only what is queued by now: what the remote end writes meanwhile waits for the next turn.
            upTo = _inbound.LastQueued;
            if (_resetAt <= now && !_ended)
            {
                End(new BearerException(BearerFailure.Reset, RemoteName, $"connection reset by {RemoteName}"));
            }
        }

        try
        {
            Deliver(sink, now, upTo);
            if (MayTellWritable(now))
            {
                sink.OnWritable();
            }
        }
#pragma warning disable CA1031 // a sink's bug ends its bearer, not the scheduler that everything else runs on
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Abort(new BearerException(
                BearerFailure.SinkFaulted, RemoteName, $"the receiver of {RemoteName} failed: {fault.Message}", fault));
        }

        TellClosed(sink);
    }

    private void Deliver(IBearerSink sink, DateTimeOffset now, long upTo)
    {
        while (true)
        {
            ReadOnlySpan<byte> piece;
            lock (_gate)
            {
                if (_ended || _endWasRead || _paused)
                {
                    return;
                }

                InMemoryPipe.Taken taken = _inbound.TryTake(now, upTo, out piece);
                if (taken == InMemoryPipe.Taken.End)
                {
                    _endWasRead = true;
                    EndInOrder(now);
                }

                if (taken != InMemoryPipe.Taken.Piece)
                {
                    return;
                }
            }

            try
            {
                sink.OnReceived(piece);
            }
            finally
            {
                lock (_gate)
                {
                    _inbound.Release(piece.Length);
                }
            }
        }
    }

    /// <summary>Hands the freed room to the remote end's pending write, and answers whether this end's own is done.</summary>
    private bool MayTellWritable(DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_inbound.Refill(now))
            {
                _remote._writable = true;
                if (_remote._closing)
                {
                    _inbound.Complete(now);
                }

                _remote.EndInOrder(now);
            }

            bool writable = _writable && (!_ended || _endWasRead);
            _writable = false;
            return writable;
        }
    }

    private void TellClosed(IBearerSink sink)
    {
        Wake? wake;
        lock (_gate)
        {
            if (!_ended)
            {
                return;
            }

            _closed = true;
            wake = _wake;
            _wake = null;
        }

        wake?.Timer.Dispose();
        try
        {
            sink.OnClosed(_cause);
        }
#pragma warning disable CA1031 // the last call: nobody is left to be told, and the scheduler serves others
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    /// <summary>A turn that waits for its time.</summary>
    private sealed class Wake
    {
        public SingleAssignmentDisposable Timer { get; } = new();

        /// <summary>The thread that is about to schedule it; 0 once that is done.</summary>
        public volatile int ArmingThread = Environment.CurrentManagedThreadId;
    }
}
