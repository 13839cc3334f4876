using Reactive.Network.Chain;
using Reactive.Network.Operators.Internal;
using Reactive.Network.Protocols.ChainSync;

namespace Reactive.Network.Operators;

public static partial class NetworkObservable
{
    /// <summary>Follows one peer's headers from its tip on: what is new from now.</summary>
    /// <param name="client">The peer.</param>
    /// <remarks>
    /// As <see cref="FollowHeaders"/> from the peer's tip. The tip is asked for, then intersected with; where a roll back took it away in between, both
    /// again, up to ten times. The first event is <see cref="ChainEventKind.Intersected"/> with the tip.
    /// <code>
    /// tip asked    p-------q
    /// intersect    --gone----found
    /// result       ----------I(q)--F(a)--F(b)
    /// </code>
    /// </remarks>
    public static IObservable<ChainEvent<Header>> FollowHeadersFromTip(this ChainSyncClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new PacedPipe<ChainEvent<Header>>(observer => new TipFollower<ChainEvent<Header>>(client.FindTip(), point => client.FollowHeaders(point), observer).Run());
    }
}
