namespace Reactive.Network.Peers.Governance;

/// <summary>
/// What the evidence against a peer weighs, halved every <see cref="HalfLife"/>: a peer that behaves is as good as new after some hours. A value: each
/// piece of evidence gives the next one.
/// </summary>
public readonly record struct PeerReputation
{
    /// <summary>No penalty grows beyond this: what a peer did long ago is forgotten in bounded time.</summary>
    public const double MaxPenalty = 64;

    /// <summary>In this time a penalty falls to its half.</summary>
    public static readonly TimeSpan HalfLife = TimeSpan.FromMinutes(15);

    private readonly double _penalty;
    private readonly TimeSpan _at;

    private PeerReputation(double penalty, TimeSpan at) => (_penalty, _at) = (penalty, at);

    /// <summary>What one piece of evidence weighs: 0 where it is no failure.</summary>
    /// <remarks>Provable lies (wrong body, broken link) weigh most, then broken limits; what a bad line can cause weighs least.</remarks>
    public static double WeightOf(Evidence evidence)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        if (!evidence.IsFailure)
        {
            return 0;
        }

        return evidence.Kind switch
        {
            EvidenceKind.WrongBody or EvidenceKind.BrokenLink => 16,
            EvidenceKind.Limit => 4,
            EvidenceKind.Disconnected => 0.5,
            _ => 1,
        };
    }

    /// <summary>The penalty at <paramref name="now"/>: 0 for a peer without blame, <see cref="MaxPenalty"/> at most.</summary>
    public double PenaltyAt(TimeSpan now) => now <= _at ? _penalty : _penalty * Math.Pow(2, -((now - _at) / HalfLife));

    /// <summary>The reputation after one more piece of evidence.</summary>
    public PeerReputation After(Evidence evidence, TimeSpan now)
    {
        double weight = WeightOf(evidence);
        return weight == 0 ? this : new PeerReputation(Math.Min(MaxPenalty, PenaltyAt(now) + weight), now > _at ? now : _at);
    }
}
