using Reactive.Network.Bearers;

namespace Reactive.Network.Tests.Multiplexing;

/// <summary>A bearer in the hands of a test: keeps each batch, takes it or leaves it pending, and says what the test wants it to say.</summary>
internal sealed class RecordingBearer : IBearer
{
    private IBearerSink? _sink;

    /// <summary>Copies of the batches, in order.</summary>
    public List<byte[]> Batches { get; } = [];

    /// <summary>The batch that is pending, by reference: what lies there now.</summary>
    public ReadOnlyMemory<byte> Pending { get; private set; }

    public bool IsPending { get; private set; }

    /// <summary>Whether batches are taken at once.</summary>
    public bool Takes { get; set; } = true;

    public bool IsClosing { get; private set; }

    public bool IsAborted { get; private set; }

    /// <summary>Runs inside the next write.</summary>
    public Action? Writing { get; set; }

    public string RemoteName => "test:1";

    public void Start(IBearerSink sink) => _sink = sink;

    public bool TryWrite(ReadOnlyMemory<byte> batch)
    {
        Assert.False(IsPending, "a second write while one is pending");
        Assert.False(IsClosing, "a write behind the close");
        Action? writing = Writing;
        Writing = null;
        writing?.Invoke();
        Batches.Add(batch.ToArray());
        if (Takes)
        {
            return true;
        }

        IsPending = true;
        Pending = batch;
        return false;
    }

    /// <summary>The pending write is done.</summary>
    public void Finish()
    {
        Assert.True(IsPending, "no write is pending");
        IsPending = false;
        Pending = default;
        _sink!.OnWritable();
    }

    public void Push(params ReadOnlySpan<byte> bytes) => _sink!.OnReceived(bytes);

    /// <summary>The last call.</summary>
    public void End(BearerException? cause = null) => _sink!.OnClosed(cause);

    /// <summary>Whether reading is paused.</summary>
    public bool IsPaused { get; private set; }

    public void PauseReading() => IsPaused = true;

    public void ResumeReading() => IsPaused = false;

    public void Close() => IsClosing = true;

    public void Abort() => IsAborted = true;

    public void Dispose() => Abort();
}
