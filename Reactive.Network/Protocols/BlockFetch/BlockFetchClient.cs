using System.Reactive.Disposables;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Pacing;

namespace Reactive.Network.Protocols.BlockFetch;

/// <summary>The initiator of block-fetch: asks for blocks in ranges that fit a byte window, pipelined.</summary>
/// <remarks>
/// Fetches are served in the order of their subscriptions, the next one's requests going out while the last one's blocks come in; up to
/// <see cref="BlockFetchOptions.MaxFetches"/> at a time.
/// </remarks>
public sealed class BlockFetchClient
{
    private readonly BlockFetchClientLane _lane;

    internal BlockFetchClient(Multiplexer mux, BlockFetchOptions options, FetchBudget budget, SeededRandom random)
    {
        options.Validate();
        _lane = new BlockFetchClientLane(mux, options, budget, random);
    }

    /// <summary>The rate at which the peer delivers while it does, in bytes per second; <see langword="null"/> before the first batch.</summary>
    public double? BytesPerSecond => _lane.Meter.BytesPerSecond is > 0 and var rate ? rate : null;

    /// <summary>The shortest time from a request that found the peer idle to its first answer; <see langword="null"/> before one was measured.</summary>
    public TimeSpan? Latency => _lane.Meter.Delay;

    internal Lane Lane => _lane;

    /// <summary>Fetches consecutive blocks of one chain.</summary>
    /// <param name="blocks">The blocks, in chain order, none left out between the first and the last; at least one.</param>
    /// <remarks>
    /// Per-subscription: each sends its own requests. Observers are called on this mini-protocol's strand, in chain order. A block owns its memory:
    /// keep it as long as you like, dispose it to have the memory reused. Completes behind the last block. Fails with
    /// <see cref="BlocksUnavailableException"/> if the peer does not have a range, with <see cref="ProtocolBusyException"/>, or with the cause of the
    /// connection's end, which a wrong block is: <see cref="InvalidBlockException"/>. Disposing stops delivery at once; what was asked for, at
    /// most one window, is checked, counted and discarded; the connection stays open. Behind <see cref="IObservable{T}"/> stands an
    /// <see cref="IPacedObservable{T}"/>: more is asked for as blocks are consumed.
    /// </remarks>
    public IObservable<Block> Fetch(IReadOnlyList<BlockRequest> blocks)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        ArgumentOutOfRangeException.ThrowIfZero(blocks.Count, nameof(blocks));
        BlockRequest[] copy = [.. blocks];
        if (copy.AsSpan().ContainsAnyOrigin())
        {
            throw new ArgumentException("Origin is no block.", nameof(blocks));
        }

        return new FetchObservable(_lane, copy);
    }

    private sealed class FetchObservable(BlockFetchClientLane lane, BlockRequest[] blocks) : IPacedObservable<Block>
    {
        public IDisposable Subscribe(IObserver<Block> observer)
        {
            ArgumentNullException.ThrowIfNull(observer);
            return Start(new FetchJob(lane, blocks, observer, null));
        }

        public IDisposable Subscribe(IPacedObserver<Block> observer)
        {
            ArgumentNullException.ThrowIfNull(observer);
            return Start(new FetchJob(lane, blocks, null, observer));
        }

        private IDisposable Start(FetchJob job)
        {
            lane.Attach(job);
            return Disposable.Create((lane, job), static x => x.lane.Detach(x.job));
        }
    }
}
