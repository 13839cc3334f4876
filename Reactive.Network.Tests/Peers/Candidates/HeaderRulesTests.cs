using Reactive.Network.Chain;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Peers.Candidates;

public class HeaderRulesTests
{
    private readonly Block[] _a = FakeChains.Blocks(3);
    private readonly CandidateHeader _parent;

    public HeaderRulesTests()
    {
        FakeChains net = new();
        FakePeer peer = new(1);
        net.Join(peer);
        net.Announce(peer, _a[..2]);
        _parent = net.Chains.Heads[0].Head;
    }

    [Fact]
    public void Accepts_WhenItFollows() => Check(static fields => fields);

    [Fact]
    public void Refuses_WhenThePredecessorIsAnother() =>
        Assert.Throws<BrokenLinkException>(() => Check(fields => fields with { PreviousHash = _a[0].Hash }));

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void Refuses_WhenTheNumberDoesNotFollow(int off) =>
        Assert.Throws<InvalidHeaderException>(() => Check(fields => fields with { BlockNumber = (ulong)((long)fields.BlockNumber + off) }));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Refuses_WhenTheSlotDoesNotGrow(ulong below) =>
        Assert.Throws<InvalidHeaderException>(() => Check(fields => fields with { Slot = _parent.Point.Slot - below }));

    [Fact]
    public void Refuses_WhenNoChainIsThatLong()
    {
        FakeChains net = new();
        FakePeer peer = new(1);
        net.Join(peer);
        CandidateHeader origin = net.Chains.Heads[0].Head;
        HeaderFields fields = _a[0].Header.ReadFields() with { BlockNumber = ulong.MaxValue };

        Assert.Throws<InvalidHeaderException>(() => HeaderRules.Check(_a[0].Header, in fields, _a[0].Point, origin, null));
    }

    [Fact]
    public void AcceptsAnyNumber_WhenItStandsOnOrigin()
    {
        FakeChains net = new();
        FakePeer peer = new(1);
        net.Join(peer);

        net.Announce(peer, FakeChains.Blocks(2, _a[2])[..1]);

        Assert.Equal(3UL, net.Chains.Heads[0].Head.BlockNumber);
    }

    [Fact]
    public void AsksTheValidator_WhenTheRestIsGood()
    {
        var validator = new Refusing();

        InvalidHeaderException error = Assert.Throws<InvalidHeaderException>(() => Check(static fields => fields, validator));

        Assert.Equal(("not a leader", 1), (error.Reason, validator.Calls));
        Assert.Throws<BrokenLinkException>(() => Check(fields => fields with { PreviousHash = null }, validator));
        Assert.Equal(1, validator.Calls);
    }

    private void Check(Func<HeaderFields, HeaderFields> change, IHeaderValidator? validator = null)
    {
        HeaderFields fields = change(_a[2].Header.ReadFields());
        HeaderRules.Check(_a[2].Header, in fields, _a[2].Point, _parent, validator);
    }

    private sealed class Refusing : IHeaderValidator
    {
        public int Calls { get; private set; }

        public string? Refuse(Header header, in HeaderFields fields, CandidateHeader parent)
        {
            Calls++;
            return "not a leader";
        }
    }
}
