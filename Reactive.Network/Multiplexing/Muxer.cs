using Reactive.Network.Bearers;
using Reactive.Network.Internal;

namespace Reactive.Network.Multiplexing;

/// <summary>
/// Egress: one queue of lanes that want to write, each in it at most once; one SDU per lane and round; everything that is ready is gathered into one
/// write.
/// </summary>
/// <remarks>
/// There is no writer thread: whoever makes bytes ready while no write is under way writes them, and goes on for some batches, until nothing is left,
/// or until the bearer takes no more; then a strand, or the bearer's callback, goes on. Runs no user code.
/// </remarks>
internal sealed class Muxer(Multiplexer mux, IBearer bearer, MuxOptions options) : Strand(mux.Clock.Scheduler)
{
    private const int Stopped = -1;

    /// <summary>
    /// Batches one thread writes before it goes back to its own work: a lane that came by to send two bytes must not be kept to write what another
    /// lane goes on producing. The rest is this strand's.
    /// </summary>
    private const int BatchesPerTurn = 8;

    /// <summary>A lone small message gets a small array: a connection whose peer does not read must not pin a whole batch for a ping.</summary>
    private const int SmallBatchBytes = 4096;

    /// <summary>
    /// How long a batch may keep a slow bearer busy. What becomes ready meanwhile waits behind it: at 10 kB/s a whole batch would keep an answer of chain-sync beyond
    /// its limit of 10 s.
    /// </summary>
    private const long BatchTicks = TimeSpan.TicksPerSecond;

    /// <summary>Two SDUs, before anything is known of the bearer.</summary>
    private const int FirstBatchBytes = 24_592;

    private readonly Lock _gate = new();
    private readonly Queue<Lane> _ready = new();
    private byte[]? _batch;

    /// <summary>What the next batch may have, by how long the bearer took over the last one. Of whoever writes.</summary>
    private int _batchLimit = Math.Min(FirstBatchBytes, options.BatchBytes);
    private long _handedAt;
    private int _handedBytes;
    private bool _writing;

    /// <summary>The writing is this strand's to go on with.</summary>
    private bool _goesOn;
    private bool _withBearer;
    private bool _bearerGone;
    private bool _closed;
    private Action? _drained;

    /// <summary>The lane has committed bytes. Any thread.</summary>
    public void Wake(Lane lane)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            if (!lane.IsQueuedForEgress)
            {
                lane.IsQueuedForEgress = true;
                _ready.Enqueue(lane);
            }

            if (_writing)
            {
                return;
            }

            _writing = true;
        }

        Pump();
    }

    /// <summary>
    /// The lane has committed bytes that nobody waits for: they go with the next write of another lane, or when this strand has its turn, which is behind what is ready by
    /// then. Any thread.
    /// </summary>
    public void WakeLater(Lane lane)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            if (!lane.IsQueuedForEgress)
            {
                lane.IsQueuedForEgress = true;
                _ready.Enqueue(lane);
            }

            if (_writing)
            {
                return;
            }
        }

        MarkReady();
    }

    /// <inheritdoc/>
    protected override bool RunTurn()
    {
        lock (_gate)
        {
            if (!_goesOn)
            {
                if (_writing || _closed || _ready.Count == 0)
                {
                    return false;
                }

                _writing = true;
            }

            _goesOn = false;
        }

        Pump();
        return false;
    }

    /// <summary>The bearer has taken the last batch.</summary>
    public void OnWritable()
    {
        lock (_gate)
        {
            _withBearer = false;
        }

        mux.Deadlines.Clear(Multiplexer.WriteSlot);
        long took = Math.Max(mux.Clock.Now - _handedAt, 1);
        _batchLimit = (int)Math.Clamp(_handedBytes * BatchTicks / took, SduHeader.Size + options.SduBytes, options.BatchBytes);
        Pump();
    }

    /// <summary>Calls <paramref name="drained"/> once nothing is left to write.</summary>
    public void WhenDrained(Action drained)
    {
        lock (_gate)
        {
            if ((_writing || _ready.Count > 0) && !_closed)
            {
                _drained = drained;
                return;
            }
        }

        drained();
    }

    /// <summary>Takes nothing any more.</summary>
    public void Close()
    {
        Action? drained;
        lock (_gate)
        {
            _closed = true;
            _ready.Clear();
            drained = _drained;
            _drained = null;
        }

        drained?.Invoke();
    }

    /// <summary>The bearer has made its last call: a batch that it never finished comes back from here.</summary>
    public void OnBearerGone()
    {
        byte[]? batch = null;
        Close();
        lock (_gate)
        {
            _bearerGone = true;

            // Where no write is with the bearer, the thread that collects has the batch, and finds nothing more to collect.
            if (_withBearer)
            {
                batch = _batch;
                _batch = null;
                _writing = false;
            }
        }

        if (batch is not null)
        {
            mux.Slabs.Arrays.Return(batch);
        }
    }

    private void Pump()
    {
        for (int batch = 0; batch < BatchesPerTurn; batch++)
        {
            int length = Collect(out int sdus);
            if (length == Stopped)
            {
                return;
            }

            if (length == 0 || !HandToBearer())
            {
                continue;
            }

            TimeSpan limit = mux.IsOpen ? options.SduTimeout : options.HandshakeSduTimeout;
            (_handedAt, _handedBytes) = (mux.Clock.Now, length);
            mux.Deadlines.Set(Multiplexer.WriteSlot, _handedAt + (sdus * limit.Ticks));
            if (!bearer.TryWrite(_batch.AsMemory(0, length)))
            {
                // From here on OnWritable or OnBearerGone goes on, or has gone on already.
                return;
            }

            lock (_gate)
            {
                _withBearer = false;
            }

            mux.Deadlines.Clear(Multiplexer.WriteSlot);
            _batchLimit = length > _batchLimit / 2 ? Math.Min(2 * _batchLimit, options.BatchBytes) : _batchLimit;
        }

        lock (_gate)
        {
            _goesOn = true;
        }

        MarkReady();
    }

    private bool HandToBearer()
    {
        lock (_gate)
        {
            return _withBearer = !_bearerGone;
        }
    }

    private int Collect(out int sdus)
    {
        int length = 0;
        sdus = 0;
        uint timestamp = mux.Clock.Microseconds;
        while (sdus < options.BatchSdus && (sdus == 0 || length + SduHeader.Size + options.SduBytes <= Math.Min(_batch!.Length, _batchLimit)))
        {
            Lane lane;
            bool isAlone;
            lock (_gate)
            {
                if (!_ready.TryDequeue(out Lane? next))
                {
                    break;
                }

                lane = next;
                lane.IsQueuedForEgress = false;
                isAlone = _ready.Count == 0;
            }

            if (sdus == 0)
            {
                PrepareBatch(isAlone && SduHeader.Size + lane.Egress.Length <= SmallBatchBytes ? SmallBatchBytes : options.BatchBytes);
            }

            int room = Math.Min(_batch!.Length - length - SduHeader.Size, options.SduBytes);
            int payload = lane.Egress.Take(_batch.AsSpan(length + SduHeader.Size, room), out bool madeRoom);
            if (payload == 0)
            {
                continue;
            }

            var header = new SduHeader(timestamp, lane.Half, lane.Protocol, payload);
            header.Write(_batch.AsSpan(length));
            mux.Tap.OnSent(header, _batch.AsSpan(length + SduHeader.Size, payload));
            length += SduHeader.Size + payload;
            sdus++;
            if (lane.Egress.Length > 0)
            {
                Requeue(lane);
            }

            if (madeRoom)
            {
                lane.MarkReady();
            }
        }

        return length > 0 || !TryStop() ? length : Stopped;
    }

    private void PrepareBatch(int bytes)
    {
        if (_batch is null || _batch.Length < bytes)
        {
            if (_batch is not null)
            {
                mux.Slabs.Arrays.Return(_batch);
            }

            _batch = mux.Slabs.Arrays.Rent(bytes);
        }
    }

    /// <summary>Ends the writing, unless something became ready since the last look: its owner left it to this writer.</summary>
    private bool TryStop()
    {
        Action? drained;
        lock (_gate)
        {
            if (_ready.Count > 0)
            {
                return false;
            }

            _writing = false;
            drained = _drained;
            _drained = null;
            if (_batch is not null)
            {
                mux.Slabs.Arrays.Return(_batch);
                _batch = null;
            }
        }

        drained?.Invoke();
        return true;
    }

    private void Requeue(Lane lane)
    {
        lock (_gate)
        {
            if (!lane.IsQueuedForEgress && !_closed)
            {
                lane.IsQueuedForEgress = true;
                _ready.Enqueue(lane);
            }
        }
    }
}
