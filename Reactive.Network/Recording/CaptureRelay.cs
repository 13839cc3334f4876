using System.Buffers;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using Reactive.Network.Bearers;
using Reactive.Network.Internal;

namespace Reactive.Network.Recording;

/// <summary>Joins two bearers, byte for byte, and records what goes by.</summary>
/// <remarks>
/// All of it runs on one strand, so that neither receive loop waits for the disk. What arrived is recorded before it is handed on: in the recording an answer never stands before what
/// caused it. A disk, or an end, that is slower than the other end slows that one down: with <see cref="MaxQueuedBytes"/> waiting it is not read.
/// </remarks>
internal sealed class CaptureRelay : Strand
{
    /// <summary>Bytes that wait for the other end, from which on an end is not read. The call that is under way may bring a slab more.</summary>
    public const int MaxQueuedBytes = 1024 * 1024;

    /// <summary>How long one end may take to close once the other has.</summary>
    public static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(10);

    private const int ChunksPerTurn = 64;

    private readonly Lock _gate = new();
    private readonly CaptureWriter _capture;
    private readonly int _connection;
    private readonly Action<NetworkException?> _ended;
    private readonly End _client;
    private readonly End _server;
    private CaptureSide? _closedBy;
    private NetworkException? _cause;
    private readonly IScheduler _scheduler;
    private IDisposable? _limit;
    private bool _failed;
    private bool _isOver;
    private volatile bool _started;
    private long _arrivals;
    private long _sdus;

    /// <param name="scheduler">Where it runs.</param>
    /// <param name="capture">Where it is recorded.</param>
    /// <param name="connection">Its number there.</param>
    /// <param name="client">The bearer to the end that connected. Owned from here on.</param>
    /// <param name="server">The bearer to the end that accepted. Owned from here on.</param>
    /// <param name="ended">Called once, when both bearers are gone and the end is recorded.</param>
    public CaptureRelay(IScheduler scheduler, CaptureWriter capture, int connection, IBearer client, IBearer server, Action<NetworkException?> ended)
        : base(scheduler)
    {
        _scheduler = scheduler;
        _capture = capture;
        _connection = connection;
        _ended = ended;
        _client = new End(this, client, CaptureSide.Client);
        _server = new End(this, server, CaptureSide.Server);
    }

    /// <summary>Bytes that wait, both ways together: for tests.</summary>
    public int QueuedBytes
    {
        get
        {
            lock (_gate)
            {
                return _client.QueuedBytes + _server.QueuedBytes;
            }
        }
    }

    /// <summary>SDUs recorded so far.</summary>
    public long Sdus => Volatile.Read(ref _sdus);

    /// <summary>Starts to read both ends.</summary>
    public void Start()
    {
        _client.Bearer.Start(_client);
        _server.Bearer.Start(_server);

        // Nothing is handed to an end that is not started.
        _started = true;
        MarkReady();
    }

    /// <summary>Ends the connection at once, as its recorder: neither end is to blame.</summary>
    public void Abort()
    {
        _client.Bearer.Abort();
        _server.Bearer.Abort();
    }

    protected override bool RunTurn()
    {
        if (!_started || _isOver)
        {
            return false;
        }

        try
        {
            bool more = Relay();
            _capture.Flush();
            return more;
        }
        catch (CaptureException error)
        {
            // A recording with a hole is worth nothing: the connection ends rather than go on unrecorded.
            Fail(error);
            return false;
        }
        finally
        {
            EndWhenOver();
        }
    }

    private bool Relay()
    {
        for (int i = 0; i < ChunksPerTurn; i++)
        {
            _client.ReleasePending();
            _server.ReleasePending();
            if (!TryTakeOldest(out End from, out End to, out Chunk chunk))
            {
                CloseWhatIsDrained(_client, _server);
                CloseWhatIsDrained(_server, _client);
                LimitTheEnd();
                return false;
            }

            if (from.IsGone)
            {
                // The other end still takes what is left.
                _limit?.Dispose();
                _limit = null;
            }

            from.Record(chunk);
            to.Send(chunk.Array, chunk.Length);
        }

        return true;
    }

    /// <summary>In order of arrival over both directions, but that one which the other end does not take waits alone.</summary>
    private bool TryTakeOldest(out End from, out End to, out Chunk chunk)
    {
        lock (_gate)
        {
            long fromClient = _server.CanSend ? _client.OldestArrival : long.MaxValue;
            long fromServer = _client.CanSend ? _server.OldestArrival : long.MaxValue;
            (from, to) = fromClient <= fromServer ? (_client, _server) : (_server, _client);
            if (Math.Min(fromClient, fromServer) == long.MaxValue)
            {
                chunk = default;
                return false;
            }

            chunk = from.Dequeue();
        }

        from.ResumeWhenThereIsRoom();
        return true;
    }

    /// <summary>The stream of one end is over and all of it was handed on: the other end sees that end.</summary>
    private void CloseWhatIsDrained(End from, End to)
    {
        lock (_gate)
        {
            if (!from.IsGone || from.HasEnded || from.OldestArrival != long.MaxValue || !to.CanSend)
            {
                return;
            }

            from.HasEnded = true;
        }

        _closedBy ??= from.Side;
        _cause ??= from.Cause;
        if (from.Cause is null)
        {
            to.Bearer.Close();
        }
        else
        {
            to.Bearer.Abort();
        }
    }

    /// <summary>
    /// An end that sees the other's stream end ends its own, and one that is gone leaves bytes that the other takes: one that does neither is not waited for.
    /// </summary>
    private void LimitTheEnd()
    {
        if (_client.IsGone || _server.IsGone)
        {
            _limit ??= _scheduler.Schedule(this, CloseTimeout, static (_, relay) =>
            {
                relay.Abort();
                return Disposable.Empty;
            });
        }
    }

    private void Fail(NetworkException error)
    {
        _cause ??= error;
        _failed = true;
        Abort();
    }

    private void EndWhenOver()
    {
        lock (_gate)
        {
            if (_isOver || !_client.IsGone || !_server.IsGone || (!_failed && (_client.OldestArrival != long.MaxValue || _server.OldestArrival != long.MaxValue)))
            {
                return;
            }

            _isOver = true;
            _closedBy ??= _client.HasEnded ? CaptureSide.Client : _server.HasEnded ? CaptureSide.Server : null;
        }

        _limit?.Dispose();
        _client.Drop();
        _server.Drop();
        try
        {
            _client.RecordRemainder();
            _server.RecordRemainder();
            _capture.Close(_connection, _closedBy, _cause?.Message);
        }
        catch (CaptureException error)
        {
            _cause ??= error;
        }

        _ended(_cause);
    }

    private readonly record struct Chunk(byte[] Array, int Length, TimeSpan At, long Order);

    /// <summary>One end: what came from it and waits, and what it has not taken yet.</summary>
    private sealed class End(CaptureRelay relay, IBearer bearer, CaptureSide side) : IBearerSink
    {
        private readonly Queue<Chunk> _chunks = new();
        private readonly SduCutter _cutter = new();
        private byte[]? _pending;
        private bool _isPaused;
        private volatile bool _writable;
        private volatile bool _gone;

        public IBearer Bearer => bearer;

        public CaptureSide Side => side;

        public int QueuedBytes { get; private set; }

        /// <summary>Whether the bearer has made its last call.</summary>
        public bool IsGone => _gone;

        /// <summary>Whether the end of its stream was handed on.</summary>
        public bool HasEnded { get; set; }

        public NetworkException? Cause { get; private set; }

        /// <summary>Whether it takes more now. One that is gone takes everything: it is dropped.</summary>
        public bool CanSend => _pending is null;

        // Under the gate.
        public long OldestArrival => _chunks.TryPeek(out Chunk oldest) ? oldest.Order : long.MaxValue;

        public void OnReceived(ReadOnlySpan<byte> bytes)
        {
            byte[] array = ArrayPool<byte>.Shared.Rent(bytes.Length);
            bytes.CopyTo(array);
            bool pause;
            lock (relay._gate)
            {
                _chunks.Enqueue(new Chunk(array, bytes.Length, relay._capture.Now, relay._arrivals++));
                QueuedBytes += bytes.Length;
                pause = !_isPaused && QueuedBytes >= MaxQueuedBytes;
                _isPaused |= pause;
            }

            if (pause)
            {
                bearer.PauseReading();
            }

            relay.MarkReady();
        }

        public void OnWritable()
        {
            _writable = true;
            relay.MarkReady();
        }

        public void OnClosed(BearerException? cause)
        {
            Cause = cause;
            _gone = true;
            relay.MarkReady();
        }

        // Under the gate.
        public Chunk Dequeue()
        {
            Chunk chunk = _chunks.Dequeue();
            QueuedBytes -= chunk.Length;
            return chunk;
        }

        // The rest runs on the strand.
        public void ResumeWhenThereIsRoom()
        {
            lock (relay._gate)
            {
                if (!_isPaused || QueuedBytes > MaxQueuedBytes / 2)
                {
                    return;
                }

                _isPaused = false;
            }

            bearer.ResumeReading();
        }

        public void Record(in Chunk chunk)
        {
            ReadOnlySpan<byte> bytes = chunk.Array.AsSpan(0, chunk.Length);
            while (_cutter.TryTake(ref bytes, out ReadOnlySpan<byte> sdu))
            {
                relay._capture.Write(relay._connection, chunk.At, side, sdu);
                Volatile.Write(ref relay._sdus, relay._sdus + 1);
            }
        }

        public void RecordRemainder()
        {
            if (!_cutter.Remainder.IsEmpty)
            {
                relay._capture.WriteRemainder(relay._connection, relay._capture.Now, side, _cutter.Remainder);
            }
        }

        public void Send(byte[] array, int length)
        {
            _writable = false;
            _pending = array;
            if (bearer.TryWrite(array.AsMemory(0, length)))
            {
                Return();
            }
        }

        public void ReleasePending()
        {
            if (_pending is not null && (_writable || _gone))
            {
                Return();
            }
        }

        /// <summary>Both bearers are gone: nothing that waits is needed any more.</summary>
        public void Drop()
        {
            lock (relay._gate)
            {
                while (_chunks.TryDequeue(out Chunk chunk))
                {
                    ArrayPool<byte>.Shared.Return(chunk.Array);
                }

                QueuedBytes = 0;
            }

            if (_pending is not null)
            {
                Return();
            }
        }

        private void Return()
        {
            ArrayPool<byte>.Shared.Return(_pending!);
            _pending = null;
        }
    }
}
