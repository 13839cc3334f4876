namespace Reactive.Network.Bearers;

/// <summary>One duplex byte stream to one remote end. It pushes what arrives and takes what is to be sent, one batch at a time.</summary>
/// <remarks>
/// <para>Bearers are the only code that waits for a socket. Everything behind <see cref="IBearerSink"/> is synchronous.</para>
/// <para><see cref="TryWrite"/> is called by one thread at a time and never while a write is pending; <see cref="Close"/> and
/// <see cref="Abort"/> come from any thread, as often as they like.</para>
/// </remarks>
public interface IBearer : IDisposable
{
    /// <summary>The other end, as <c>host:port</c>, a socket path or a name: for people and for evidence.</summary>
    string RemoteName { get; }

    /// <summary>Starts to push. Once, before anything else.</summary>
    void Start(IBearerSink sink);

    /// <summary>Hands over a batch of bytes.</summary>
    /// <returns>
    /// <see langword="true"/> if the bytes were taken: the buffer can be used again, the next batch can follow. <see langword="false"/> if the
    /// write is pending: the buffer must stay as it is, and nothing else be written, until <see cref="IBearerSink.OnWritable"/>, which on
    /// another thread may come before this has returned.
    /// After the end of the bearer or of its sending half the bytes are dropped and the answer is <see langword="true"/>.
    /// </returns>
    /// <exception cref="InvalidOperationException">A write is pending, or the bearer was not started.</exception>
    bool TryWrite(ReadOnlyMemory<byte> batch);

    /// <summary>
    /// Stops to push: behind the call of <see cref="IBearerSink.OnReceived"/> that is under way none begins, the remote end's bytes wait where they are,
    /// and so does the end of its stream. Writing goes on. From inside <see cref="IBearerSink.OnReceived"/> it holds from there on; from elsewhere one more
    /// call may come. Idempotent; never throws.
    /// </summary>
    void PauseReading();

    /// <summary>Pushes again, not from inside this call. Any thread; idempotent; never throws.</summary>
    void ResumeReading();

    /// <summary>
    /// Orderly end: what was accepted by <see cref="TryWrite"/> still goes out, then the remote end sees the end of the stream. Reading goes on
    /// until it closes too: paused, it does not see that.
    /// </summary>
    void Close();

    /// <summary>Ends at once in both directions; bytes under way may be lost (TCP: reset). The same as <see cref="IDisposable.Dispose"/>.</summary>
    void Abort();
}

/// <summary>What a bearer pushes into. Calls come one at a time, except <see cref="OnWritable"/>, which may overlap with <see cref="OnReceived"/>.</summary>
/// <remarks>
/// No call is made from inside a call of the bearer. A sink that throws has a bug: the bearer aborts and reports
/// <see cref="BearerFailure.SinkFaulted"/>; what <see cref="OnClosed"/> throws is dropped, for nobody is left to be told.
/// </remarks>
public interface IBearerSink
{
    /// <summary>Bytes arrived. They are valid until this returns. Must neither block nor run user code.</summary>
    void OnReceived(ReadOnlySpan<byte> bytes);

    /// <summary>The pending write is done; the buffer is free and the next batch can follow.</summary>
    void OnWritable();

    /// <summary>
    /// The end, exactly once, and the last call. <paramref name="cause"/> is <see langword="null"/> where nothing failed: the remote end
    /// closed in order (a write that is pending then is finished first), or this end aborted.
    /// </summary>
    void OnClosed(BearerException? cause);
}
