using Reactive.Network.Peers;

namespace Reactive.Network.Tests.Peers;

public class PeerAddressTests
{
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
