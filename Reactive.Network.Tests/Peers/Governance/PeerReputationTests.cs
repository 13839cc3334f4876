using Reactive.Network.Peers;
using Reactive.Network.Peers.Governance;

namespace Reactive.Network.Tests.Peers.Governance;

public class PeerReputationTests
{
    private static readonly TimeSpan Now = TimeSpan.FromHours(1);

    [Theory]
    [InlineData(EvidenceKind.Delivered, 0)]
    [InlineData(EvidenceKind.Superseded, 0)]
    [InlineData(EvidenceKind.NoUsablePeer, 0)]
    [InlineData(EvidenceKind.Disconnected, 0.5)]
    [InlineData(EvidenceKind.Timeout, 1)]
    [InlineData(EvidenceKind.NoBlocks, 1)]
    [InlineData(EvidenceKind.Stalled, 1)]
    [InlineData(EvidenceKind.Limit, 4)]
    [InlineData(EvidenceKind.WrongBody, 16)]
    [InlineData(EvidenceKind.BrokenLink, 16)]
    public void WeighsEvidence_WhenItComes(EvidenceKind kind, double weight)
    {
        PeerReputation after = default(PeerReputation).After(new Evidence(kind), Now);

        Assert.Equal(weight, after.PenaltyAt(Now), 9);
    }

    [Fact]
    public void HasAWeightForEachKind_WhenKindsAreAdded()
    {
        Assert.All(Enum.GetValues<EvidenceKind>(), static kind => Assert.InRange(PeerReputation.WeightOf(new Evidence(kind)), 0, 16));
    }

    [Fact]
    public void Forgets_WhenTimePasses()
    {
        PeerReputation bad = default(PeerReputation).After(new Evidence(EvidenceKind.WrongBody), Now);

        Assert.Equal(8, bad.PenaltyAt(Now + PeerReputation.HalfLife), 9);
        Assert.Equal(1, bad.PenaltyAt(Now + (4 * PeerReputation.HalfLife)), 9);
        Assert.InRange(bad.PenaltyAt(Now + TimeSpan.FromHours(6)), 0, 1e-6);
    }

    [Fact]
    public void StaysBounded_WhenAPeerLiesAllDay()
    {
        PeerReputation reputation = default;
        for (int i = 0; i < 10_000; i++)
        {
            reputation = reputation.After(new Evidence(EvidenceKind.WrongBody), Now + TimeSpan.FromSeconds(i));
        }

        Assert.Equal(PeerReputation.MaxPenalty, reputation.PenaltyAt(Now + TimeSpan.FromSeconds(9_999)), 9);
    }

    [Fact]
    public void AddsUp_WhenEvidenceComesSoonAfterOther()
    {
        Evidence late = new(EvidenceKind.Timeout);

        PeerReputation twice = default(PeerReputation).After(late, Now).After(late, Now + PeerReputation.HalfLife);

        Assert.Equal(1.5, twice.PenaltyAt(Now + PeerReputation.HalfLife), 9);
    }
}
