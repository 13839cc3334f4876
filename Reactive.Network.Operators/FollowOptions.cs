using Reactive.Network.Peers.Candidates;

namespace Reactive.Network.Operators;

/// <summary>When a chain is taken for better than another.</summary>
/// <param name="current">The end of the chain that is followed.</param>
/// <param name="candidate">The end of another one.</param>
public delegate bool ChainChoice(CandidateHeader current, CandidateHeader candidate);

/// <summary>How one chain is made out of many peers' headers.</summary>
public sealed record FollowOptions
{
    private readonly int _maxRollback = 2160;
    private readonly int _window = 256;
    private readonly TimeSpan _reselectAfter = TimeSpan.FromSeconds(10);
    private readonly TimeSpan? _giveUpAfter;

    /// <summary>When a chain is taken for better. Called on the operator's scheduler.</summary>
    /// <value><see langword="null"/> by default: the one with more blocks, and of two equally long ones the one that is followed already.</value>
    public ChainChoice? Choice { get; init; }

    /// <summary>The deepest roll back that is passed on; a chain that forks off deeper is left alone.</summary>
    /// <value>1 or more; 2,160 by default, the security parameter k of mainnet.</value>
    public int MaxRollback
    {
        get => _maxRollback;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _maxRollback = value;
        }
    }

    /// <summary>
    /// Events delivered and not consumed yet. A roll back is not held up by it, so that at most <see cref="MaxRollback"/> of them come on top.
    /// </summary>
    /// <value>1 or more; 256 by default.</value>
    public int Window
    {
        get => _window;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _window = value;
        }
    }

    /// <summary>
    /// After the last peer that had the followed chain has gone: how long to wait for one that has it before a shorter chain is followed. A peer that takes its
    /// own chain back is followed at once.
    /// </summary>
    /// <value>More than zero; 10 s by default.</value>
    public TimeSpan ReselectAfter
    {
        get => _reselectAfter;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            _reselectAfter = value;
        }
    }

    /// <summary>
    /// Whether, after <see cref="ReselectAfter"/>, the chain is rolled back as far as peers have it, where none has the followed end and none has anything in its
    /// place.
    /// </summary>
    /// <value><see langword="false"/> by default: they are taken to be behind, and waited for.</value>
    public bool FollowShorter { get; init; }

    /// <summary>How long there may be no peer to follow before the stream fails with <see cref="NoUsablePeerException"/>.</summary>
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
}
