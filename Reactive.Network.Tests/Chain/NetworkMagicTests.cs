using Reactive.Network.Chain;

namespace Reactive.Network.Tests.Chain;

public class NetworkMagicTests
{
    [Theory]
    [InlineData("mainnet", 764_824_073u, "mainnet")]
    [InlineData("Preprod", 1u, "preprod")]
    [InlineData("preview", 2u, "preview")]
    [InlineData("sanchonet", 4u, "sanchonet")]
    [InlineData("42", 42u, "42")]
    [InlineData("1", 1u, "preprod")]
    [InlineData("4294967295", uint.MaxValue, "4294967295")]
    public void Parses_WhenNameOrNumber(string text, uint value, string name)
    {
        NetworkMagic magic = NetworkMagic.Parse(text);

        Assert.Equal(value, magic.Value);
        Assert.Equal(name, magic.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("main net")]
    [InlineData("-1")]
    [InlineData("4294967296")]
    [InlineData("0x2a")]
    public void DoesNotParse_WhenNeitherNameNorNumber(string text)
    {
        Assert.False(NetworkMagic.TryParse(text, out _));
        Assert.Throws<FormatException>(() => NetworkMagic.Parse(text));
    }
}
