using System.Reactive.Subjects;
using Reactive.Network.Chain;

namespace Reactive.Network.Storage;

/// <summary>A chain in memory that can be extended and rolled back while it is served.</summary>
/// <remarks>
/// <para>Any thread. A client that stands on a block that was rolled back is told to go back to the newest block it shares with the chain, then follows
/// the new one. Blocks that were rolled back are no longer read: ranges lie on the chain as it is.</para>
/// <para>With a capacity the oldest blocks fall off; origin stays the place before the oldest one held.</para>
/// </remarks>
public sealed class InMemoryChain : IChainSource, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Subject<Tip> _changes = new();
    private readonly Dictionary<Point, long> _heights = [];

    /// <summary>
    /// What roll backs have left untouched: the height from which each one cut, oldest first. Both rise: a deeper cut takes the place of the shallower ones
    /// before it, so there are no more of them than blocks.
    /// </summary>
    private readonly List<(long RollBack, long Height)> _cuts = [];
    private readonly int _capacity;
    private Entry[] _entries = new Entry[64];
    private long _first;
    private long _end;
    private long _rollBacks;

    /// <summary>An empty chain.</summary>
    /// <param name="capacity">Blocks held at most, 1 or more; all of them where it is left out.</param>
    public InMemoryChain(int? capacity = null)
    {
        if (capacity is { } bound)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1, nameof(capacity));
        }

        _capacity = capacity ?? int.MaxValue;
    }

    private readonly record struct Entry(Point Point, ulong BlockNumber, Block Block);

    /// <inheritdoc/>
    public Tip Tip
    {
        get
        {
            lock (_gate)
            {
                return TipLocked();
            }
        }
    }

    /// <summary>Blocks held.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return (int)(_end - _first);
            }
        }
    }

    /// <inheritdoc/>
    public IObservable<Tip> Changes => System.Reactive.Linq.Observable.AsObservable(_changes);

    /// <summary>Adds a block on top. The chain keeps the memory of the block for as long as it holds it; give it a copy, or give it up.</summary>
    /// <exception cref="ArgumentException">It does not stand on the tip.</exception>
    /// <exception cref="Cbor.CodecException">The bytes are no block.</exception>
    public void Append(Block block)
    {
        Header header = block.Header;
        HeaderFields fields = header.ReadFields();
        var point = new Point(fields.Slot, header.Hash);
        Tip tip;
        lock (_gate)
        {
            // The first block may name any predecessor: a chain may begin in the middle of another, and Byron names its genesis.
            if (_end > _first && At(_end - 1).Point.Hash != fields.PreviousHash)
            {
                throw new ArgumentException($"The block {point} stands on {fields.PreviousHash}, not on the tip {At(_end - 1).Point}.", nameof(block));
            }

            if (_end - _first == _capacity)
            {
                _heights.Remove(At(_first).Point);
                At(_first) = default;
                _first++;
                if (_cuts.Count > 1 && _cuts[1].Height <= _first)
                {
                    // Two cuts below the oldest block: both send a client back to origin.
                    _cuts.RemoveAt(0);
                }
            }

            if (_end - _first == _entries.Length)
            {
                Grow();
            }

            At(_end) = new Entry(point, fields.BlockNumber, block);
            _heights.Add(point, _end);
            _end++;
            tip = TipLocked();
        }

        _changes.OnNext(tip);
    }

    /// <summary>Removes every block above <paramref name="point"/>.</summary>
    /// <exception cref="ArgumentException">The point is not held.</exception>
    public void RollBack(Point point)
    {
        Tip tip;
        lock (_gate)
        {
            long end = point.IsOrigin ? _first : (_heights.TryGetValue(point, out long height) ? height + 1
                : throw new ArgumentException($"The point {point} is not on the chain.", nameof(point)));
            if (end == _end)
            {
                return;
            }

            while (_end > end)
            {
                _end--;
                _heights.Remove(At(_end).Point);
                At(_end) = default;
            }

            _rollBacks++;
            while (_cuts.Count > 0 && _cuts[^1].Height >= end)
            {
                _cuts.RemoveAt(_cuts.Count - 1);
            }

            _cuts.Add((_rollBacks, end));
            tip = TipLocked();
        }

        _changes.OnNext(tip);
    }

    /// <inheritdoc/>
    public IChainCursor Follow() => new Cursor(this);

    /// <inheritdoc/>
    public IBlockCursor? ReadRange(Point first, Point last)
    {
        lock (_gate)
        {
            return _heights.TryGetValue(first, out long from) && _heights.TryGetValue(last, out long to) && from <= to
                ? new RangeCursor(this, from, to, last)
                : null;
        }
    }

    /// <summary>No more changes: <see cref="Changes"/> completes.</summary>
    public void Dispose() => _changes.OnCompleted();

    private ref Entry At(long height) => ref _entries[height % _entries.Length];

    private Tip TipLocked() => _end == _first ? Tip.Origin : new Tip(At(_end - 1).Point, At(_end - 1).BlockNumber);

    /// <summary>The height from which roll backs after number <paramref name="rollBack"/> have cut: below it the chain is what it was then.</summary>
    private long CutSince(long rollBack)
    {
        long height = long.MaxValue;
        for (int i = _cuts.Count - 1; i >= 0 && _cuts[i].RollBack > rollBack; i--)
        {
            height = _cuts[i].Height;
        }

        return height;
    }

    private void Grow()
    {
        var larger = new Entry[_entries.Length * 2];
        for (long height = _first; height < _end; height++)
        {
            larger[height % larger.Length] = At(height);
        }

        _entries = larger;
    }

    /// <summary>
    /// A place on the chain: the point reached, its height, and how many roll backs it has seen. Everything below the point was on the chain at that time, so
    /// the newest block that is still shared is found without a list of what the client was sent.
    /// </summary>
    private sealed class Cursor(InMemoryChain chain) : IChainCursor
    {
        private bool _mustRollBack = true;
        private Point _position;
        private long _height;
        private long _rollBacks;

        public Point? FindIntersect(ReadOnlySpan<Point> points)
        {
            lock (chain._gate)
            {
                foreach (Point point in points)
                {
                    if (point.IsOrigin || chain._heights.ContainsKey(point))
                    {
                        StandOn(point);
                        return point;
                    }
                }
            }

            return null;
        }

        public bool TryNext(out ChainStep step)
        {
            lock (chain._gate)
            {
                if (!_position.IsOrigin)
                {
                    GoBackIfCut();
                }

                _rollBacks = chain._rollBacks;
                if (_mustRollBack)
                {
                    _mustRollBack = false;
                    step = ChainStep.Backward(_position, chain.TipLocked());
                    return true;
                }

                long next = _position.IsOrigin ? chain._first : _height + 1;
                if (next >= chain._end)
                {
                    step = default;
                    return false;
                }

                Entry entry = chain.At(next);
                _position = entry.Point;
                _height = next;
                Header header = entry.Block.Header;
                step = ChainStep.Forward(Header.FromMemory(header.Memory, header.Era, header.ByronSizeHint), chain.TipLocked());
                return true;
            }
        }

        public void Dispose()
        {
        }

        private void GoBackIfCut()
        {
            long cut = chain.CutSince(_rollBacks);
            if (_height >= cut && !chain._heights.ContainsKey(_position))
            {
                StandOn(cut > chain._first ? chain.At(cut - 1).Point : Point.Origin);
            }
            else if (_height + 1 < chain._first)
            {
                // Blocks that this client was not told of have fallen off: it starts again at the place before the oldest.
                StandOn(Point.Origin);
            }
        }

        private void StandOn(Point point)
        {
            _position = point;
            _height = point.IsOrigin ? 0 : chain._heights[point];
            _rollBacks = chain._rollBacks;
            _mustRollBack = true;
        }
    }

    private sealed class RangeCursor(InMemoryChain chain, long from, long to, Point last) : IBlockCursor
    {
        private long _next = from;

        public bool TryNext(out Block block)
        {
            block = default;
            if (_next > to)
            {
                return false;
            }

            lock (chain._gate)
            {
                if (_next < chain._first || to >= chain._end || chain.At(to).Point != last)
                {
                    throw new ChainSourceException($"the range up to {last} left the chain while it was read");
                }

                block = Block.FromMemory(chain.At(_next).Block.Memory);
            }

            _next++;
            return true;
        }

        public void Dispose()
        {
        }
    }
}
