using System.Reactive.Disposables;
using Reactive.Network.Chain;
using Reactive.Network.Pacing;
using Reactive.Network.Peers;

namespace Reactive.Network.Operators.Internal;

/// <summary>One range asked of one peer. Its fields are the fetcher's, under its lock.</summary>
internal sealed class FetchRequest(FallbackFetcher owner, long id, IPeer peer, FetchItem[] items, TimeSpan at) : IPacedObserver<Block>
{
    public long Id { get; } = id;

    public IPeer Peer { get; } = peer;

    public FetchItem[] Items { get; } = items;

    public TimeSpan AskedAt { get; } = at;

    public TimeSpan LastProgress { get; set; } = at;

    /// <summary>When it was last decided to wait on, since nobody else could be asked.</summary>
    public TimeSpan WaitedOnAt { get; set; } = TimeSpan.MinValue;

    /// <summary>Whether its peer was reported for being slow.</summary>
    public bool IsStalled { get; set; }

    /// <summary>When another peer is asked too.</summary>
    public TimeSpan HedgeAt { get; set; }

    /// <summary>Whether another peer was asked too, because it took so long.</summary>
    public bool IsLate { get; set; }

    /// <summary>The next block to come.</summary>
    public int Next { get; set; }

    /// <summary>Blocks of it that are still missing.</summary>
    public int Missing { get; set; } = items.Length;

    /// <summary>Announced bytes that have not come.</summary>
    public long BytesToCome { get; set; }

    public int UsedBlocks { get; set; }

    public long UsedBytes { get; set; }

    public long WastedBytes { get; set; }

    public bool IsOver { get; set; }

    public SingleAssignmentDisposable Subscription { get; } = new();

    public void OnNext(Block value, Credit credit) => owner.OnBlock(this, value, credit);

    public void OnError(Exception error) => owner.OnRequestEnded(this, error);

    public void OnCompleted() => owner.OnRequestEnded(this, null);
}
