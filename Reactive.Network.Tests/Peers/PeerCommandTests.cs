using Reactive.Network.Peers;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Peers;

public class PeerCommandTests
{
    [Fact]
    public void Throws_WhenTooManyCommandsWait()
    {
        using VirtualNetwork net = new VirtualNetwork().Start();
        var command = new PeerCommand.Demote(new PeerAddress("192.0.2.1", 3001));
        for (int i = 0; i < 1024; i++)
        {
            net.Network.Commands.OnNext(command);
        }

        Assert.Throws<InvalidOperationException>(() => net.Network.Commands.OnNext(command));

        net.Run(TimeSpan.FromSeconds(1));
        net.Network.Commands.OnNext(command);
    }
}
