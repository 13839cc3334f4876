using System.Reactive.Concurrency;
using Reactive.Network.Bearers;

namespace Reactive.Network.Recording;

/// <summary>Records a connection that this process has, underneath whatever uses it.</summary>
public static class RecordingBearer
{
    /// <summary>A bearer to use in place of <paramref name="bearer"/>: the same bytes, the same end, each SDU recorded.</summary>
    /// <param name="bearer">The way to the remote end, not started yet. Owned from here on.</param>
    /// <param name="remote">Which end of the connection the remote one is: <see cref="CaptureSide.Server"/> where this process connected.</param>
    /// <param name="capture">Where it is recorded. Must outlive the bearer.</param>
    /// <param name="scheduler">
    /// Where the recording runs, the one that the connection runs on; <see langword="null"/> for <see cref="DefaultScheduler.Instance"/>. It must not run work in place.
    /// </param>
    /// <remarks>
    /// Bytes are recorded before they are handed on, on a strand of their own. A disk that is slower than the connection slows it down: at most 1 MiB each way waits for it, and what the
    /// path in memory holds. A recording that cannot be written ends the connection (<see cref="CaptureException"/> in the writer, a reset here).
    /// </remarks>
    public static IBearer Record(IBearer bearer, CaptureSide remote, CaptureWriter capture, IScheduler? scheduler = null)
    {
        ArgumentNullException.ThrowIfNull(bearer);
        ArgumentNullException.ThrowIfNull(capture);
        scheduler ??= DefaultScheduler.Instance;
        (IBearer user, IBearer inner) = InMemoryBearer.CreatePair(
            scheduler, new InMemoryBearerOptions { NameOfA = "this process", NameOfB = bearer.RemoteName });
        bool connected = remote == CaptureSide.Server;
        int connection = capture.Open(connected ? $"this process to {bearer.RemoteName}" : $"{bearer.RemoteName} to this process");
        new CaptureRelay(scheduler, capture, connection, connected ? inner : bearer, connected ? bearer : inner, static _ => { }).Start();
        return user;
    }
}
