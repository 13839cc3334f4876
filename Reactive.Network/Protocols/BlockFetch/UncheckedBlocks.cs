using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.BlockFetch;

/// <summary>A block that has come.</summary>
/// <param name="Claim">It, and what it must be.</param>
/// <param name="Job">Who wants it.</param>
/// <param name="Weight">What it counts for.</param>
internal readonly record struct ArrivedBlock(BlockClaim Claim, FetchJob Job, long Weight);

/// <summary>The blocks that a lane has taken in this turn and not delivered yet. Each thread keeps one of these for whichever lane has its turn on it.</summary>
internal sealed class UncheckedBlocks
{
    [ThreadStatic]
    private static UncheckedBlocks? _idle;

    private readonly ArrivedBlock[] _blocks = new ArrivedBlock[BlockVerification.MaxBlocks];
    private readonly BlockClaim[] _claims = new BlockClaim[BlockVerification.MaxBlocks];
    private readonly BlockDefect[] _defects = new BlockDefect[BlockVerification.MaxBlocks];

    private UncheckedBlocks()
    {
    }

    public int Count { get; private set; }

    public ref readonly ArrivedBlock this[int index] => ref _blocks[index];

    /// <summary>That of this thread. Until it is given back there is none: a turn inside this one gets another.</summary>
    public static UncheckedBlocks Take()
    {
        UncheckedBlocks blocks = _idle ?? new UncheckedBlocks();
        _idle = null;
        return blocks;
    }

    /// <returns>Whether no other has room.</returns>
    public bool Add(in ArrivedBlock block)
    {
        _claims[Count] = block.Claim;
        _blocks[Count++] = block;
        return Count == _blocks.Length;
    }

    public void Check() => BlockVerifier.VerifyAll(_claims.AsSpan(0, Count), _defects);

    public BlockDefect DefectOf(int index) => _defects[index];

    /// <summary>Gives the memory of the blocks from <paramref name="first"/> on back, and this to the thread.</summary>
    public void GiveBack(int first)
    {
        for (; first < Count; first++)
        {
            _claims[first].Block.Lease.ReleaseIfHeld();
        }

        Array.Clear(_blocks, 0, Count);
        Array.Clear(_claims, 0, Count);
        Count = 0;
        _idle = this;
    }
}
