namespace Reactive.Network.Peers.Governance;

/// <summary>
/// A peer's failures and when it may be tried again. A value: each event gives the next one. The engine keeps one per peer and one
/// <see cref="GovernorRandom"/> for the jitter.
/// </summary>
public readonly record struct PeerHistory
{
    /// <summary>After this many failures in a row a peer is forgotten, unless it is protected.</summary>
    public const int MaxFailures = 5;

    /// <summary>A peer that was hot for so long has no failures any more.</summary>
    public static readonly TimeSpan Redeemed = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ActivationPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ErrorDelay = TimeSpan.FromSeconds(10);

    /// <summary>Failures in a row, as of the last event. <see cref="FailuresAt"/> says how many still count.</summary>
    public int Failures { get; init; }

    /// <summary>The peer is not promoted before this.</summary>
    public TimeSpan NotBefore { get; init; }

    /// <summary>Since when it is hot; <see langword="null"/> while it is not.</summary>
    public TimeSpan? HotSince { get; init; }

    /// <summary>Whether it was hot and was demoted: such a peer is disconnected with twice the likelihood.</summary>
    public bool IsTepid { get; init; }

    /// <summary>Failures in a row that count at <paramref name="now"/>: none once it was hot for <see cref="Redeemed"/>.</summary>
    public int FailuresAt(TimeSpan now) => HotSince is { } since && now - since >= Redeemed ? 0 : Failures;

    /// <summary>It could not be connected to: 5, 10, 20, 40, 80, 160 s, each ± 2 s.</summary>
    public PeerHistory ConnectFailed(TimeSpan now, ref GovernorRandom random)
    {
        int failures = FailuresAt(now) + 1;
        TimeSpan delay = FirstBackOff * (1 << Math.Min(failures - 1, 5));
        return Failed(now, delay + Fuzz(ref random, -2, 2));
    }

    /// <summary>It is hot.</summary>
    public PeerHistory Activated(TimeSpan now) => this with { HotSince = now, IsTepid = false };

    /// <summary>It could not be made hot: 1 s and the 10 s of an error, ± 2 s.</summary>
    public PeerHistory ActivateFailed(TimeSpan now, ref GovernorRandom random) =>
        Failed(now, ActivationPause + ErrorDelay + Fuzz(ref random, -2, 2));

    /// <summary>It was made warm as it was told to.</summary>
    public PeerHistory Deactivated(TimeSpan now) => this with { Failures = FailuresAt(now), HotSince = null, IsTepid = true };

    /// <summary>A hot mini-protocol failed while the connection lives: 10 s and 0.1 to 10 s.</summary>
    public PeerHistory FellToWarm(TimeSpan now, ref GovernorRandom random) => Failed(now, ErrorDelay + Fuzz(ref random, 0.1, 10));

    /// <summary>The connection failed: 10 s and 0.1 to 4 s.</summary>
    public PeerHistory Lost(TimeSpan now, ref GovernorRandom random) => Failed(now, ErrorDelay + Fuzz(ref random, 0.1, 4));

    /// <summary>It could not be connected to, or the connection failed, where the user has chosen how long to wait then.</summary>
    public PeerHistory Failed(TimeSpan now, PeerBackoff backoff, ref GovernorRandom random)
    {
        ArgumentNullException.ThrowIfNull(backoff);
        return Failed(now, backoff.After(FailuresAt(now) + 1) * random.NextBetween(0.9, 1.1));
    }

    /// <summary>It ended by agreement: no failure, and no new try before <paramref name="delay"/> has passed.</summary>
    public PeerHistory Ended(TimeSpan now, TimeSpan delay) =>
        this with { Failures = FailuresAt(now), HotSince = null, NotBefore = Later(NotBefore, now + delay) };

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Fuzz(ref GovernorRandom random, double low, double high) => TimeSpan.FromSeconds(random.NextBetween(low, high));

    private PeerHistory Failed(TimeSpan now, TimeSpan delay) =>
        this with { Failures = FailuresAt(now) + 1, NotBefore = Later(NotBefore, now + delay), HotSince = null };
}
