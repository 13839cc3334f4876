using Reactive.Network.Bearers;

namespace Reactive.Network.Tests.Support;

/// <summary>A bearer whose remote end can stop to read: the next batch stays pending until it goes on.</summary>
internal sealed class StallingBearer(IBearer inner) : IBearer, IBearerSink
{
    private IBearerSink? _sink;
    private ReadOnlyMemory<byte>? _held;

    /// <summary>Whether batches are held.</summary>
    public bool IsStalled { get; private set; }

    /// <summary>The length of the batch that is pending, 0 if there is none.</summary>
    public int HeldBytes => _held?.Length ?? 0;

    public string RemoteName => inner.RemoteName;

    /// <summary>From now on nothing goes out.</summary>
    public void Stall() => IsStalled = true;

    /// <summary>The remote end reads again.</summary>
    public void GoOn()
    {
        IsStalled = false;
        if (_held is { } batch)
        {
            _held = null;
            if (inner.TryWrite(batch))
            {
                _sink!.OnWritable();
            }
        }
    }

    public void Start(IBearerSink sink)
    {
        _sink = sink;
        inner.Start(this);
    }

    public bool TryWrite(ReadOnlyMemory<byte> batch)
    {
        Assert.Null(_held);
        if (!IsStalled)
        {
            return inner.TryWrite(batch);
        }

        _held = batch;
        return false;
    }

    public void PauseReading() => inner.PauseReading();

    public void ResumeReading() => inner.ResumeReading();

    public void Close() => inner.Close();

    public void Abort() => inner.Abort();

    public void Dispose() => inner.Dispose();

    void IBearerSink.OnReceived(ReadOnlySpan<byte> bytes) => _sink!.OnReceived(bytes);

    void IBearerSink.OnWritable() => _sink!.OnWritable();

    void IBearerSink.OnClosed(BearerException? cause) => _sink!.OnClosed(cause);
}
