using Reactive.Network.Bearers;

namespace Reactive.Network.Tests.Support;

/// <summary>A bearer over a path that cuts what comes in at one place: the bytes before it and behind it arrive apart.</summary>
/// <param name="inner">The path.</param>
/// <param name="position">How many bytes of the stream stand before the cut.</param>
internal sealed class TornBearer(IBearer inner, long position) : IBearer, IBearerSink
{
    private IBearerSink? _sink;
    private long _seen;

    public string RemoteName => inner.RemoteName;

    /// <summary>Bytes that came in so far.</summary>
    public long Seen => _seen;

    public void Start(IBearerSink sink)
    {
        _sink = sink;
        inner.Start(this);
    }

    public bool TryWrite(ReadOnlyMemory<byte> batch) => inner.TryWrite(batch);

    public void PauseReading() => inner.PauseReading();

    public void ResumeReading() => inner.ResumeReading();

    public void Close() => inner.Close();

    public void Abort() => inner.Abort();

    public void Dispose() => inner.Dispose();

    void IBearerSink.OnReceived(ReadOnlySpan<byte> bytes)
    {
        int before = (int)Math.Clamp(position - _seen, 0, bytes.Length);
        _seen += bytes.Length;
        if (before > 0)
        {
            _sink!.OnReceived(bytes[..before]);
        }

        if (before < bytes.Length)
        {
            _sink!.OnReceived(bytes[before..]);
        }
    }

    void IBearerSink.OnWritable() => _sink!.OnWritable();

    void IBearerSink.OnClosed(BearerException? cause) => _sink!.OnClosed(cause);
}
