namespace Rxnet.Following;

/// <summary>Follows a chain, for one subscription. Disposing ends its connections in order.</summary>
internal interface IFollower : IAsyncDisposable
{
    /// <summary>What happens on the chain, and to whom it is followed from.</summary>
    IObservable<FollowEvent> Follow();
}
