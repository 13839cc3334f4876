using System.Net;

namespace Reactive.Network.Protocols.PeerSharing;

/// <summary>Where the addresses come from that peers are told when they ask.</summary>
/// <remarks>
/// Asked on the strand of the peer that asks, by many strands at once; while a call runs it holds up that peer's requests and nothing else. One that
/// takes longer than 60 s ends the connection.
/// </remarks>
public interface IPeerSource
{
    /// <summary>Has nothing to tell: peers may be asked, and are told of nobody.</summary>
    static IPeerSource None { get; } = new Empty();

    /// <summary>Addresses that may be told.</summary>
    /// <param name="amount">
    /// How many at most, 0 to <see cref="PeerSharingClient.MaxAnswer"/>: what the peer asked for, but no more than the reference answers with. More
    /// are not sent.
    /// </param>
    /// <remarks>Asking again should teach nothing new: the reference keeps its choice for 823 s.</remarks>
    IReadOnlyList<IPEndPoint> Share(int amount);

    private sealed class Empty : IPeerSource
    {
        public IReadOnlyList<IPEndPoint> Share(int amount) => [];
    }
}
