using Microsoft.Reactive.Testing;
using Reactive.Network.Internal;
using Reactive.Network.Peers;

namespace Reactive.Network.Tests.Peers;

public class PeerTableTests
{
    private readonly PeerTable _table = new(new NetworkOptions(), new NetworkClock(new TestScheduler()), new PeerScores(), static (_, _) => { });

    [Fact]
    public void ForgetsABan_WhenItIsOver()
    {
        for (int i = 1; i <= 100; i++)
        {
            _table.Ban(Address(i), TimeSpan.FromMinutes(i));
        }

        _table.Ban(Address(101), TimeSpan.MaxValue);

        TimeSpan? next = _table.NextBanEnd(TimeSpan.FromMinutes(60));

        Assert.Equal(TimeSpan.FromMinutes(61), next);
        Assert.Equal(41, _table.BanCount);
        Assert.Equal((false, true), (_table.IsBanned(Address(60), TimeSpan.FromMinutes(60)), _table.IsBanned(Address(61), TimeSpan.FromMinutes(60))));
        Assert.Null(_table.NextBanEnd(TimeSpan.FromHours(2)));
        Assert.Equal(1, _table.BanCount);
    }

    private static PeerAddress Address(int port) => new("192.0.2.1", port);
}
