using Reactive.Network.Bearers;

namespace Reactive.Network.Tests.Support;

/// <summary>A bearer over a path that turns one bit over on its way in.</summary>
/// <param name="inner">The path.</param>
/// <param name="position">Which byte of the stream.</param>
/// <param name="bit">Which bit of it, 0 to 7.</param>
internal sealed class DamagingBearer(IBearer inner, long position, int bit) : IBearer, IBearerSink
{
    private IBearerSink? _sink;
    private long _seen;

    /// <summary>Whether the byte has come by.</summary>
    public bool HasDamaged => _seen > position;

    public string RemoteName => inner.RemoteName;

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
        byte[] copy = bytes.ToArray();
        if (position >= _seen && position < _seen + copy.Length)
        {
            copy[position - _seen] ^= (byte)(1 << bit);
        }

        _seen += copy.Length;
        _sink!.OnReceived(copy);
    }

    void IBearerSink.OnWritable() => _sink!.OnWritable();

    void IBearerSink.OnClosed(BearerException? cause) => _sink!.OnClosed(cause);
}
