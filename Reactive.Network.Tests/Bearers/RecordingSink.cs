using Reactive.Network.Bearers;

namespace Reactive.Network.Tests.Bearers;

/// <summary>A sink that keeps what it gets, checks the grammar of the calls, and writes batches as fast as its bearer takes them.</summary>
/// <param name="changed">Pulsed after every call.</param>
internal sealed class RecordingSink(object changed) : IBearerSink
{
    private readonly List<byte> _received = [];
    private readonly List<string> _violations = [];
    private readonly Queue<byte[]> _outgoing = new();
    private IBearer? _bearer;
    private int _receiving;
    private bool _closed;

    /// <summary>Called inside OnReceived, after the bytes were kept.</summary>
    public Action<ReadOnlyMemory<byte>>? Receiving { get; set; }

    /// <summary>Called inside OnWritable.</summary>
    public Action? Writing { get; set; }

    /// <summary>Called inside OnClosed.</summary>
    public Action? Closing { get; set; }

    public int Chunks { get; private set; }

    public int Writables { get; private set; }

    public int Closes { get; private set; }

    public BearerException? Cause { get; private set; }

    public bool IsClosed => Closes > 0;

    public int LargestChunk { get; private set; }

    public int Count
    {
        get
        {
            lock (changed)
            {
                return _received.Count;
            }
        }
    }

    /// <summary>Whether batches of <see cref="Send"/> are still to be written.</summary>
    public bool IsSending { get; private set; }

    public byte[] Received
    {
        get
        {
            lock (changed)
            {
                return [.. _received];
            }
        }
    }

    public IReadOnlyList<string> Violations => _violations;

    public void StartOn(IBearer bearer)
    {
        _bearer = bearer;
        bearer.Start(this);
    }

    /// <summary>Writes one batch after the other, each overwritten as soon as the bearer says that it is free.</summary>
    public void Send(IBearer bearer, IEnumerable<byte[]> batches)
    {
        _bearer = bearer;
        foreach (byte[] batch in batches)
        {
            _outgoing.Enqueue(batch);
        }

        IsSending = true;
        WriteOn();
    }

    public void OnReceived(ReadOnlySpan<byte> bytes)
    {
        if (Interlocked.Exchange(ref _receiving, 1) != 0)
        {
            Violate("OnReceived inside or beside OnReceived");
        }

        if (bytes.IsEmpty)
        {
            Violate("OnReceived without bytes");
        }

        CheckOpen("OnReceived");
        lock (changed)
        {
            _received.AddRange(bytes);
            Chunks++;
            LargestChunk = Math.Max(LargestChunk, bytes.Length);
        }

        Receiving?.Invoke(bytes.ToArray());
        Volatile.Write(ref _receiving, 0);
        Pulse();
    }

    public void OnWritable()
    {
        CheckOpen("OnWritable");
        lock (changed)
        {
            Writables++;
        }

        Writing?.Invoke();
        if (IsSending)
        {
            _outgoing.Dequeue().AsSpan().Fill(0xEE);
            WriteOn();
        }

        Pulse();
    }

    public void OnClosed(BearerException? cause)
    {
        CheckOpen("OnClosed");
        _closed = true;
        lock (changed)
        {
            Closes++;
            Cause = cause;
        }

        Closing?.Invoke();
        Pulse();
    }

    private void WriteOn()
    {
        while (_outgoing.TryPeek(out byte[]? batch))
        {
            if (!_bearer!.TryWrite(batch))
            {
                return;
            }

            batch.AsSpan().Fill(0xEE);
            _outgoing.Dequeue();
        }

        IsSending = false;
    }

    private void CheckOpen(string call)
    {
        if (_closed)
        {
            Violate($"{call} after OnClosed");
        }
    }

    private void Violate(string what)
    {
        lock (changed)
        {
            _violations.Add(what);
        }
    }

    private void Pulse()
    {
        lock (changed)
        {
            Monitor.PulseAll(changed);
        }
    }
}
