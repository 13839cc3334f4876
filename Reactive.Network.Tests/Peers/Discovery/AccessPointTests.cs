using Reactive.Network.Peers.Discovery;

namespace Reactive.Network.Tests.Peers.Discovery;

public class AccessPointTests
{
    [Fact]
    public void AsksForWhatItNeeds_WhenItIsANameOrAnAddress()
    {
        Assert.Null(new AccessPoint("192.0.2.1", 1).Question);
        Assert.Null(new AccessPoint("2001:db8::1", 1).Question);
        Assert.Equal(new NameQuestion("a.example", NameRecord.Address), new AccessPoint("a.example", 1).Question);
        Assert.Equal(new NameQuestion("_cardano._tcp.a.example", NameRecord.Service), new AccessPoint("a.example", null).Question);
    }

    [Fact]
    public void HasAnOrder_WhenSorted()
    {
        AccessPoint[] points = [new("b", 1), new("a", 2), new("a", null), new("a", 1), new("B", 1)];

        Assert.Equal([new("B", 1), new("a", null), new("a", 1), new("a", 2), new("b", 1)], points.Order());
    }

    [Theory]
    [InlineData("a.example", 1, "a.example:1")]
    [InlineData("2001:db8::1", 1, "[2001:db8::1]:1")]
    [InlineData("a.example", null, "a.example")]
    public void ReadsWell_WhenPrinted(string address, int? port, string text)
    {
        Assert.Equal(text, new AccessPoint(address, port).ToString());
    }
}
