using Reactive.Network.Bearers;

namespace Reactive.Network.Recording;

/// <summary>Plays one end of a recorded connection against a live peer, and finds the first message of the peer that means something else than the recorded one.</summary>
/// <remarks>
/// <para>Its own messages go out in the SDUs in which they were recorded, as soon as they may: an answer when its request has come, however far ahead the peer asks; a request when all has
/// come that had come before it. An SDU is cut where one of its messages may not go yet. Recorded pauses are not waited for.</para>
/// <para>The peer's messages are compared one by one on each lane, by meaning: <see cref="CapturedMessage.MeansTheSameAs"/>. How they are cut into SDUs, and the order of messages of
/// different mini-protocols, are not compared. A peer's pings are answered, whatever was recorded, for their number and cookies are its own affair. What it says beyond the recording is counted.</para>
/// <para>Runs on one strand. Reads the recording as it goes and holds no more of it than <see cref="ReplayOptions.MaxBytesAhead"/>; bytes of the peer that wait are bounded by 1 MiB, behind which it is not read.</para>
/// </remarks>
public sealed class ReplayPeer : IDisposable
{
    private readonly ReplayEngine _engine;

    private ReplayPeer(IBearer bearer, CaptureReader capture, ReplayOptions options) => _engine = new ReplayEngine(bearer, capture, options);

    /// <summary>What came of it. Fails with <see cref="CaptureException"/> or <see cref="IOException"/> where the recording cannot be read, or does not have the connection.</summary>
    public Task<ReplayReport> Completion => _engine.Completion;

    /// <summary>Starts.</summary>
    /// <param name="bearer">The way to the peer, not started yet. Owned from here on.</param>
    /// <param name="capture">The recording. Owned from here on.</param>
    /// <param name="options">How.</param>
    public static ReplayPeer Start(IBearer bearer, CaptureReader capture, ReplayOptions options)
    {
        ArgumentNullException.ThrowIfNull(bearer);
        ArgumentNullException.ThrowIfNull(capture);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var peer = new ReplayPeer(bearer, capture, options);
        bearer.Start(peer._engine);
        peer._engine.Begin();
        return peer;
    }

    /// <summary>Ends it at once: <see cref="Completion"/> is cancelled where it was not over. Idempotent.</summary>
    public void Dispose() => _engine.Stop();
}
