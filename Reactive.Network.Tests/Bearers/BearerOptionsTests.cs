using Reactive.Network.Bearers;

namespace Reactive.Network.Tests.Bearers;

public class BearerOptionsTests
{
    public static TheoryData<string, Func<BearerOptions>> OutOfRange { get; } = new()
    {
        { "slab too small", () => new() { ReceiveSlabBytes = 4_095 } },
        { "slab too large", () => new() { ReceiveSlabBytes = 16_777_217 } },
        { "receive buffer", () => new() { ReceiveBufferBytes = 0 } },
        { "send buffer", () => new() { SendBufferBytes = 0 } },
        { "backlog", () => new() { Backlog = 0 } },
        { "no time", () => new() { ConnectTimeout = TimeSpan.Zero } },
        { "too much time", () => new() { ConnectTimeout = TimeSpan.FromHours(2) } },
    };

    [Theory]
    [MemberData(nameof(OutOfRange), DisableDiscoveryEnumeration = true)]
    public void Throws_WhenAnOptionIsOutOfRange(string option, Func<BearerOptions> make)
    {
        Assert.NotEmpty(option);
        Assert.Throws<ArgumentOutOfRangeException>(make);
    }

    [Fact]
    public void SlabIs256KiB_WhenNothingElseIsSaid() => Assert.Equal(262_144, BearerOptions.Default.ReceiveSlabBytes);
}
