using System.Reactive.Linq;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;

namespace NetworkQueries;

/// <summary>The recipes: short queries over a network of peers, each complete in itself.</summary>
internal static class Cookbook
{
    /// <summary>All of them, in the order in which they are worth reading.</summary>
    public static IReadOnlyList<Query> All { get; } =
    [
        new("headers", "Follow the headers of the best chain of all peers, from the first block on.", Headers),
        new("busy-blocks", "Blocks with many transactions, and who delivered each.", BusyBlocks),
        new("new-blocks", "What comes from now on, and how long each took since the one before.", NewBlocks),
        new("who-serves", "How many of the first 400 blocks each peer delivered, and how many bytes.", WhoServes),
        new("largest", "The largest of the first 300 blocks; the others' memory is given back at once.", Largest),
        new("moving-average", "Transactions per block, averaged over the last ten.", MovingAverage),
        new("round-trips", "The first round trip that is measured of each peer.", RoundTrips),
        new("blame", "Who failed to do what was asked of it, as it happens.", Blame),
        new("first-announcers", "Who announces new blocks first: the first announcer of each of three headers.", FirstAnnouncers),
        new("tips", "Each peer's tip as it changes, and how far it is behind the highest seen.", Tips),
        new("slow-store", "Store blocks with four writes at a time; the network is asked for no more than they take.", SlowStore),
        new("slow-reader", "Read blocks with await foreach: a buffer of 16, and demand that reaches the wire.", SlowReader),
        new("up-and-down", "Peers as they are connected and lost.", UpAndDown),
        new("resume", "Stop after 50 blocks, and go on from there with another subscription.", Resume),
    ];

    /// <summary>Follow the headers of the best chain of all peers, from the first block on.</summary>
    public static IObservable<string> Headers(PeerNetwork network) =>
        (from step in network.Peers.SelectBestPeers(5).FollowChain(From.Origin)
         where step.IsRollForward
         select $"header {step.Value.BlockNumber} in slot {step.Point.Slot}")
        .Take(5);

    /// <summary>Blocks with many transactions, and who delivered each.</summary>
    public static IObservable<string> BusyBlocks(PeerNetwork network) =>
        (from step in network.Peers.SelectBestPeers(5).FollowChain(From.Origin).FetchWithFallback()
         where step.IsRollForward
         let block = step.Value
         where block.TransactionCount > 20
         select $"block {block.BlockNumber}: {block.TransactionCount} transactions in {block.Size} bytes, from {block.Peer.Name}")
        .Take(5);

    /// <summary>What comes from now on, and how long each took since the one before.</summary>
    public static IObservable<string> NewBlocks(PeerNetwork network) =>
        (from step in network.Peers.SelectBestPeers(5).FollowChain(From.Tip).FetchWithFallback()
         where step.IsRollForward
         select step.Value.BlockNumber)
        .TimeInterval()
        .Skip(1)
        .Select(static block => $"block {block.Value} after {block.Interval.TotalMilliseconds:0} ms")
        .Take(3);

    /// <summary>How many of the first 400 blocks each peer delivered, and how many bytes.</summary>
    public static IObservable<string> WhoServes(PeerNetwork network) =>
        from blocks in network.Peers.SelectBestPeers(5).FollowChain(From.Origin).FetchWithFallback()
            .Where(static step => step.IsRollForward)
            .Take(400)
            .GroupBy(static step => step.Value.Peer.Name, static step => step.Value.Size)
        from total in blocks.Aggregate((Count: 0, Bytes: 0L), static (sum, bytes) => (sum.Count + 1, sum.Bytes + bytes))
        select $"{blocks.Key}: {total.Count} blocks, {total.Bytes / 1e6:0.0} MB";

    /// <summary>The largest of the first 300 blocks; the others' memory is given back at once.</summary>
    public static IObservable<string> Largest(PeerNetwork network) =>
        from largest in network.Peers.SelectBestPeers(5).FollowChain(From.Origin).FetchWithFallback()
            .Where(static step => step.IsRollForward)
            .Take(300)
            .Select(static step =>
            {
                using FetchedBlock block = step.Value;
                return (block.Size, block.BlockNumber);
            })
            .Max()
        select $"block {largest.BlockNumber} with {largest.Size} bytes";

    /// <summary>Transactions per block, averaged over the last ten.</summary>
    public static IObservable<string> MovingAverage(PeerNetwork network) =>
        (from step in network.Peers.SelectBestPeers(5).FollowChain(From.Origin).FetchWithFallback()
         where step.IsRollForward
         select step.Value.TransactionCount ?? 0)
        .Buffer(count: 10, skip: 1)
        .Select(static window => $"{window.Average():0.0} transactions")
        .Take(5);

    /// <summary>The first round trip that is measured of each peer.</summary>
    public static IObservable<string> RoundTrips(PeerNetwork network) =>
        (from measured in network.Peers.OfType<PeerEvent.Measured>()
         where measured.Measurements.RoundTrip is not null
         group measured by measured.Peer.Name into peer
         from first in peer.Take(1)
         select $"{peer.Key}: {first.Measurements.RoundTrip!.Value.TotalMilliseconds:0.0} ms")
        .Take(4);

    /// <summary>Who failed to do what was asked of it, as it happens.</summary>
    public static IObservable<string> Blame(PeerNetwork network)
    {
        IObservable<ChainEvent<FetchedBlock>> blocks = network.Peers.SelectBestPeers(5).FollowChain(From.Origin).FetchWithFallback();
        IObservable<string> blame =
            from told in network.Peers.OfType<PeerEvent.Reported>()
            where told.Evidence.IsFailure
            select $"{told.Peer.Name}: {told.Evidence.Kind}, {told.Evidence.Cause?.Message ?? $"request {told.Evidence.Request}"}";

        // Somebody has to ask for blocks for anybody to fail.
        return blame.Take(2).TakeUntil(blocks.IgnoreElements());
    }

    /// <summary>Who announces new blocks first: the first announcer of each of three headers.</summary>
    public static IObservable<string> FirstAnnouncers(PeerNetwork network) =>
        (from step in network.Peers.SelectBestPeers(5).FollowChain(From.Tip)
         where step.IsRollForward && step.Value.Announcers.Count > 0
         select $"header {step.Value.BlockNumber}: {step.Value.Announcers[0].Name}")
        .Take(3);

    /// <summary>Each peer's tip as it changes, and how far it is behind the highest seen.</summary>
    public static IObservable<string> Tips(PeerNetwork network) =>
        network.Peers.OfType<PeerEvent.TipChanged>()
            .Scan(
                (Highest: 0UL, Line: ""),
                static (seen, now) =>
                {
                    ulong highest = Math.Max(seen.Highest, now.Tip.BlockNumber);
                    return (highest, $"{now.Peer.Name}: {now.Tip.BlockNumber}, {highest - now.Tip.BlockNumber} behind");
                })
            .Select(static seen => seen.Line)
            .Take(8);

    /// <summary>Store blocks with four writes at a time; the network is asked for no more than they take.</summary>
    public static IObservable<string> SlowStore(PeerNetwork network) =>
        network.Peers.SelectBestPeers(5).FollowChain(From.Origin).FetchWithFallback()
            .SelectAsync(maxConcurrency: 4, static async (step, cancellation) =>
            {
                if (!step.IsRollForward)
                {
                    return $"{step.Kind} at {step.Point}";
                }

                using FetchedBlock block = step.Value;
                await Stream.Null.WriteAsync(block.Block.Memory, cancellation).ConfigureAwait(false);
                return $"stored block {block.BlockNumber}";
            })
            .Take(5);

    /// <summary>Read blocks with await foreach: a buffer of 16, and demand that reaches the wire.</summary>
    public static IObservable<string> SlowReader(PeerNetwork network) => Observable.Create<string>(async (observer, cancellation) =>
    {
        int read = 0;
        await foreach (ChainEvent<FetchedBlock> step in network.Peers.SelectBestPeers(5).FollowChain(From.Origin).FetchWithFallback()
            .ToAsyncEnumerable(capacity: 16).WithCancellation(cancellation).ConfigureAwait(false))
        {
            observer.OnNext($"{step.Kind} {step.Point.Slot}");
            if (++read == 5)
            {
                break;
            }
        }
    });

    /// <summary>Peers as they are connected and lost.</summary>
    public static IObservable<string> UpAndDown(PeerNetwork network) =>
        network.Peers.SelectMany(static change => change switch
        {
            // What was before the first event, or stands for events that were too many.
            PeerEvent.Snapshot now => from peer in now.Peers where peer.Temperature > PeerTemperature.Cold select $"{peer.Name}: {peer.Temperature}",
            PeerEvent.TemperatureChanged(var peer, var from, var to, var cause) => [$"{peer.Name}: {from} to {to}{(cause is null ? "" : ", " + cause.Message)}"],
            _ => Enumerable.Empty<string>(),
        })
        .Take(4);

    /// <summary>Stop after 50 blocks, and go on from there with another subscription.</summary>
    public static IObservable<string> Resume(PeerNetwork network) =>
        from last in network.Peers.SelectBestPeers(5).FollowChain(From.Origin).Where(static step => step.IsRollForward).Take(50).LastAsync()
        from next in network.Peers.SelectBestPeers(5).FollowChain(From.Point(last.Point)).Where(static step => step.IsRollForward).Take(1)
        select $"stopped at {last.Value.BlockNumber}, resumed with {next.Value.BlockNumber}";
}
