using Reactive.Network.Peers;

namespace Reactive.Network.Tests.Peers;

public class PeerAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:1", true)]
    [InlineData("10.1.2.3:1", true)]
    [InlineData("172.16.0.1:1", true)]
    [InlineData("172.31.255.255:1", true)]
    [InlineData("192.168.0.1:1", true)]
    [InlineData("169.254.1.1:1", true)]
    [InlineData("100.64.0.1:1", true)]
    [InlineData("[::1]:1", true)]
    [InlineData("[fe80::1]:1", true)]
    [InlineData("[fd00::1]:1", true)]
    [InlineData("[::ffff:10.0.0.1]:1", true)]
    [InlineData("172.15.0.1:1", false)]
    [InlineData("172.32.0.1:1", false)]
    [InlineData("192.169.0.1:1", false)]
    [InlineData("100.128.0.1:1", false)]
    [InlineData("11.0.0.1:1", false)]
    [InlineData("[2001:db8::7]:1", false)]
    [InlineData("[::ffff:11.0.0.1]:1", false)]
    [InlineData("relay.example:1", false)]
    public void KnowsWhetherOthersMayReachIt(string text, bool isLocal) => Assert.Equal(isLocal, PeerAddress.Parse(text).IsOfLocalScope);

    [Theory]
    [InlineData("relay.example:3001", "relay.example", 3001)]
    [InlineData("127.0.0.1:0", "127.0.0.1", 0)]
    [InlineData("a:65535", "a", 65535)]
    [InlineData("xn--bcher-kva.example:1", "xn--bcher-kva.example", 1)]
    [InlineData("[::1]:3001", "::1", 3001)]
    [InlineData("[2001:db8::7]:3001", "2001:db8::7", 3001)]
    [InlineData("[fe80::1%2]:3001", "fe80::1%2", 3001)]
    public void ReadsAndWritesTheSame_WhenItIsAnAddress(string text, string host, int port)
    {
        PeerAddress address = PeerAddress.Parse(text);

        Assert.Equal(new PeerAddress(host, port), address);
        Assert.Equal(text, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(":3001")]
    [InlineData("relay.example")]
    [InlineData("relay.example:")]
    [InlineData("relay.example:65536")]
    [InlineData("relay.example:-1")]
    [InlineData("relay.example:+1")]
    [InlineData("relay.example: 1")]
    [InlineData("relay.example:1 ")]
    [InlineData("relay.example:0x1")]
    [InlineData("relay example:1")]
    [InlineData(" relay.example:1")]
    [InlineData("relay\n:1")]
    [InlineData("http://relay.example:1")]
    [InlineData("::1:3001")]
    [InlineData("2001:db8::7")]
    [InlineData("[]:1")]
    [InlineData("[::1]")]
    [InlineData("[::1]3001")]
    [InlineData("[relay.example]:1")]
    [InlineData("[127.0.0.1]:1")]
    [InlineData("[a:b]:1")]
    [InlineData("[[::1]]:1")]
    public void Refuses_WhenItIsNone(string text)
    {
        Assert.False(PeerAddress.TryParse(text, out PeerAddress address));
        Assert.Equal(default, address);
        Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => PeerAddress.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_WhenItIsNull()
    {
        Assert.False(PeerAddress.TryParse(null, out _));
        Assert.Throws<ArgumentNullException>(() => PeerAddress.Parse(null!));
    }

    [Fact]
    public void CanBeWritten_WhenItIsDefault() => Assert.Equal(":0", default(PeerAddress).ToString());
}
