using Reactive.Network.Peers;

namespace Reactive.Network.Operators;

/// <summary>Who is asked for a block, how much is asked for ahead, and what happens to a peer that does not deliver.</summary>
public sealed record FetchPolicy
{
    private readonly long _maxBytes = 64L * 1024 * 1024;
    private readonly int _maxBlocks = 4096;
    private readonly int _maxPeers = 3;
    private readonly double _hedgePercentile = 0.95;
    private readonly TimeSpan _minHedge = TimeSpan.FromMilliseconds(100);
    private readonly TimeSpan _stallAfter = TimeSpan.FromSeconds(5);
    private readonly TimeSpan? _giveUpAfter;

    /// <summary>Announced bytes that may be asked for, or wait to be consumed. Exceeded by at most one block.</summary>
    /// <value>1 or more; 64 MiB by default.</value>
    public long MaxBytes
    {
        get => _maxBytes;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _maxBytes = value;
        }
    }

    /// <summary>Headers taken ahead of the blocks.</summary>
    /// <value>1 or more; 4,096 by default.</value>
    public int MaxBlocks
    {
        get => _maxBlocks;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _maxBlocks = value;
        }
    }

    /// <summary>Peers that may be asked for one block at a time.</summary>
    /// <value>1 or more; 3 by default.</value>
    public int MaxPeers
    {
        get => _maxPeers;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _maxPeers = value;
        }
    }

    /// <summary>A second peer is asked for a block near the tip when the first has taken longer than this part of the recent requests did.</summary>
    /// <value>0 to 1; 0.95 by default.</value>
    public double HedgePercentile
    {
        get => _hedgePercentile;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 0);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1);
            _hedgePercentile = value;
        }
    }

    /// <summary>No second peer is asked before this.</summary>
    /// <value>More than zero; 100 ms by default.</value>
    public TimeSpan MinHedge
    {
        get => _minHedge;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            _minHedge = value;
        }
    }

    /// <summary>
    /// A request of which no block has come for so long is given up and its peer left alone for a while, if another can be asked that has not failed more
    /// often; else it goes on: a slow link is better than none. Its peer is reported once.
    /// </summary>
    /// <value>More than zero; 5 s by default. The protocol itself would wait for 60 s.</value>
    public TimeSpan StallAfter
    {
        get => _stallAfter;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            _stallAfter = value;
        }
    }

    /// <summary>How long the next block may be missing before the stream fails with <see cref="NoUsablePeerException"/>.</summary>
    /// <value><see langword="null"/> by default: it waits.</value>
    public TimeSpan? GiveUpAfter
    {
        get => _giveUpAfter;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value ?? TimeSpan.MaxValue, TimeSpan.Zero);
            _giveUpAfter = value;
        }
    }

    /// <summary>
    /// Told of each request's outcome, as the peer's network is, and of a block nobody can be asked for (then without a peer). Called from any thread; must
    /// return at once and not throw.
    /// </summary>
    public Action<IPeer?, Evidence>? Evidence { get; init; }
}
