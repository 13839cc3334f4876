using Reactive.Network.Peers;
using Reactive.Network.Peers.Governance;

namespace Reactive.Network.Tests.Peers.Governance;

public class PeerPhasesTests
{
    /// <summary>The whole table, written a second time: every pair that is not here must be refused.</summary>
    private static readonly Dictionary<(PeerPhase, PeerStep), PeerPhase> Legal = new()
    {
        [(PeerPhase.Cold, PeerStep.Connect)] = PeerPhase.Connecting,
        [(PeerPhase.Connecting, PeerStep.Connected)] = PeerPhase.Warm,
        [(PeerPhase.Connecting, PeerStep.ConnectFailed)] = PeerPhase.Cold,
        [(PeerPhase.Warm, PeerStep.Activate)] = PeerPhase.Activating,
        [(PeerPhase.Warm, PeerStep.Disconnect)] = PeerPhase.Disconnecting,
        [(PeerPhase.Warm, PeerStep.Lost)] = PeerPhase.Cold,
        [(PeerPhase.Activating, PeerStep.Activated)] = PeerPhase.Hot,
        [(PeerPhase.Activating, PeerStep.ActivateFailed)] = PeerPhase.Warm,
        [(PeerPhase.Activating, PeerStep.Lost)] = PeerPhase.Cold,
        [(PeerPhase.Hot, PeerStep.Deactivate)] = PeerPhase.Deactivating,
        [(PeerPhase.Hot, PeerStep.FellToWarm)] = PeerPhase.Warm,
        [(PeerPhase.Hot, PeerStep.Lost)] = PeerPhase.Cold,
        [(PeerPhase.Deactivating, PeerStep.Deactivated)] = PeerPhase.Warm,
        [(PeerPhase.Deactivating, PeerStep.Lost)] = PeerPhase.Cold,
        [(PeerPhase.Deactivating, PeerStep.Reset)] = PeerPhase.Cold,
        [(PeerPhase.Disconnecting, PeerStep.Disconnected)] = PeerPhase.Cold,
        [(PeerPhase.Disconnecting, PeerStep.Lost)] = PeerPhase.Cold,
        [(PeerPhase.Disconnecting, PeerStep.Reset)] = PeerPhase.Cold,
    };

    [Fact]
    public void TakesOnlyLegalSteps_WhenAllAreTried()
    {
        foreach (PeerPhase phase in Enum.GetValues<PeerPhase>())
        {
            foreach (PeerStep step in Enum.GetValues<PeerStep>())
            {
                PeerPhase? expected = Legal.TryGetValue((phase, step), out PeerPhase to) ? to : null;

                Assert.Equal(expected, PeerPhases.Advance(phase, step));
            }
        }
    }

    [Theory]
    [InlineData(PeerPhase.Cold, PeerTemperature.Cold)]
    [InlineData(PeerPhase.Connecting, PeerTemperature.Cold)]
    [InlineData(PeerPhase.Warm, PeerTemperature.Warm)]
    [InlineData(PeerPhase.Activating, PeerTemperature.Warm)]
    [InlineData(PeerPhase.Hot, PeerTemperature.Hot)]
    [InlineData(PeerPhase.Deactivating, PeerTemperature.Hot)]
    [InlineData(PeerPhase.Disconnecting, PeerTemperature.Warm)]
    public void HasTheTemperatureItLeaves_WhenATransitionRuns(PeerPhase phase, PeerTemperature temperature)
    {
        Assert.Equal(temperature, PeerPhases.TemperatureOf(phase));
    }
}
