using Reactive.Network.Chain;

namespace Reactive.Network.Storage;

/// <summary>A chain in memory that can be extended and rolled back while it is served.</summary>
/// <remarks>
/// <para>Any thread. A client that stands on a block that was rolled back is told to go back to the newest block it shares with the chain, then follows
/// the new one. Blocks that were rolled back are no longer read: ranges lie on the chain as it is, and a range that leaves it while it is read ends with
/// a <see cref="ChainSourceException"/>.</para>
/// <para>With a capacity the oldest blocks fall off; origin stays the place before the oldest one held. A client that stands on a block that fell off
/// follows on where no block is missing in between, and is told to go back to origin otherwise.</para>
/// <para>Rolled back to the block that fell off last, the chain is empty but for its tip: the next block has to stand on it.</para>
/// </remarks>
public sealed class InMemoryChain : IChainStore, IDisposable
{
    private readonly Lock _gate = new();
    private readonly ChangeSignal _changes;
    private readonly Dictionary<Point, Node> _nodes = [];
    private readonly int _capacity;
    private Node?[] _ring = new Node?[64];

    /// <summary>The block that the oldest held stands on, without its bytes: it fell off, or is held elsewhere.</summary>
    private Node? _fallen;

    private long _first;
    private long _end;
    private bool _isDisposed;

    /// <summary>An empty chain.</summary>
    /// <param name="capacity">Blocks held at most, 1 or more; all of them where it is left out.</param>
    public InMemoryChain(int? capacity = null)
    {
        if (capacity is { } bound)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1, nameof(capacity));
        }

        _capacity = capacity ?? int.MaxValue;
        _changes = new ChangeSignal(() => Tip);
    }

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

    /// <summary>Fires after the chain has changed: "there may be more".</summary>
    /// <remarks>
    /// Shared. Observers are called one at a time, on a thread that changed the chain, outside its lock; changes made meanwhile are told as one, with the
    /// newest tip. The element is a value. Completes when the chain is disposed of. Never fails; an observer that throws loses its subscription, and its
    /// exception surfaces where the chain was changed, once the others were told. Disposing ends the subscription.
    /// </remarks>
    public IObservable<Tip> Changes => _changes;

    /// <summary>The block that the oldest held stands on, if that is known; origin otherwise.</summary>
    internal Point Below
    {
        get
        {
            lock (_gate)
            {
                return _fallen?.Point ?? Point.Origin;
            }
        }
    }

    /// <summary>Subscriptions to <see cref="Changes"/>.</summary>
    internal int ObserverCount => _changes.Count;

    /// <inheritdoc/>
    public void Append(Block block)
    {
        Header header = block.Header;
        HeaderFields fields = header.ReadFields();
        var point = new Point(fields.Slot, header.Hash);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);

            // The first block may name any predecessor: a chain may begin in the middle of another, and Byron names its genesis.
            Node? tip = _end > _first ? At(_end - 1) : _fallen;
            if (tip is not null && tip.Point.Hash != fields.PreviousHash)
            {
                throw new ArgumentException($"The block {point} stands on {fields.PreviousHash}, not on the tip {tip.Point}.", nameof(block));
            }

            if (_end - _first == _capacity)
            {
                DropFirst();
            }

            if (_end - _first == _ring.Length)
            {
                Grow();
            }

            var node = new Node(point, fields.BlockNumber, _end, tip)
            {
                Block = Block.FromMemory(block.Memory),
                Header = Header.FromMemory(header.Memory, header.Era, header.ByronSizeHint),
            };
            _ring[_end % _ring.Length] = node;
            _nodes.Add(point, node);
            _end++;
        }

        _changes.Raise();
    }

    /// <inheritdoc/>
    public void RollBack(Point point)
    {
        if (!TryRollBack(point))
        {
            throw new ArgumentException($"The point {point} is not on the chain.", nameof(point));
        }
    }

    /// <inheritdoc/>
    public void StandOn(Tip below)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            CutAt(_first);
            _fallen = below.Point.IsOrigin ? null : new Node(below.Point, below.BlockNumber, _first - 1, null);
        }

        _changes.Raise();
    }

    /// <inheritdoc/>
    public IChainCursor Follow() => new Cursor(this);

    /// <inheritdoc/>
    public IBlockCursor? ReadRange(Point first, Point last)
    {
        lock (_gate)
        {
            return _nodes.TryGetValue(first, out Node? from) && _nodes.TryGetValue(last, out Node? to) && from.Height <= to.Height
                ? new RangeCursor(this, from.Height, to)
                : null;
        }
    }

    /// <summary>The blocks from the oldest held to <paramref name="last"/>; <see langword="null"/> where that is not held.</summary>
    internal IBlockCursor? ReadFromOldest(Point last)
    {
        lock (_gate)
        {
            return _nodes.TryGetValue(last, out Node? to) ? new RangeCursor(this, _first, to) : null;
        }
    }

    /// <summary>Rolls back, if <paramref name="point"/> is one to roll back to.</summary>
    internal bool TryRollBack(Point point)
    {
        bool found;
        bool changes;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            found = TryRollBack(point, out changes);
        }

        if (changes)
        {
            _changes.Raise();
        }

        return found;
    }

    /// <summary>No more changes: <see cref="Changes"/> completes. What it holds can still be followed and read. Idempotent.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        _changes.Complete();
    }

    private Node At(long height) => _ring[height % _ring.Length]!;

    private Tip TipLocked() => (_end > _first ? At(_end - 1) : _fallen) is { } newest ? new Tip(newest.Point, newest.BlockNumber) : Tip.Origin;

    private bool TryRollBack(Point point, out bool changes)
    {
        changes = false;
        if (point.IsOrigin)
        {
            // The next block may stand on anything, so nothing follows what fell off.
            changes = _end > _first || _fallen is not null;
            CutAt(_first);
            _fallen = null;
            return true;
        }

        if (Find(point) is not { } node)
        {
            return false;
        }

        changes = node.Height + 1 < _end;
        CutAt(node.Height + 1);
        return true;
    }

    private void CutAt(long end)
    {
        while (_end > end)
        {
            Remove(--_end);
        }
    }

    private bool IsOnChain(Node node) =>
        node == _fallen || (node.Height >= _first && node.Height < _end && At(node.Height) == node);

    /// <summary>The block of a point a client can stand on: one that is held, or the one below the oldest held.</summary>
    private Node? Find(Point point) =>
        _nodes.TryGetValue(point, out Node? node) ? node : _fallen is { } fallen && fallen.Point == point ? fallen : null;

    /// <summary>
    /// The newest of <paramref name="node"/> and the blocks below it, down to <paramref name="oldest"/>, that is on the chain; <see langword="null"/> for origin.
    /// </summary>
    private Node? FindShared(Node node, Point oldest)
    {
        for (Node? at = node; at is not null; at = at.Parent)
        {
            // By point: a block that was rolled back may have been added again.
            if (Find(at.Point) is { } shared)
            {
                return shared;
            }

            if (at.Point == oldest)
            {
                break;
            }
        }

        return null;
    }

    private void DropFirst()
    {
        _fallen = At(_first);
        _fallen.Parent = null;
        Remove(_first++);
    }

    /// <summary>The bytes go; the node stays for as long as a client stands on it, or above it.</summary>
    private void Remove(long height)
    {
        Node node = At(height);
        node.Block = default;
        node.Header = default;
        _nodes.Remove(node.Point);
        _ring[height % _ring.Length] = null;
    }

    private void Grow()
    {
        var larger = new Node?[_ring.Length * 2];
        for (long height = _first; height < _end; height++)
        {
            larger[height % larger.Length] = At(height);
        }

        _ring = larger;
    }

    /// <summary>A block that is on the chain, or was. All but the constants is read and written under the lock of the chain.</summary>
    private sealed class Node(Point point, ulong blockNumber, long height, Node? parent)
    {
        public Point Point { get; } = point;

        public ulong BlockNumber { get; } = blockNumber;

        public long Height { get; } = height;

        /// <summary>The block below; <see langword="null"/> for one that fell off.</summary>
        public Node? Parent { get; set; } = parent;

        public Header Header { get; set; }

        public Block Block { get; set; }
    }

    /// <summary>A place on the chain: the block the client was sent last, or origin.</summary>
    private sealed class Cursor(InMemoryChain chain) : IChainCursor
    {
        private Node? _position;

        /// <summary>The first block sent since origin: a client that began there knows none below. Origin for one that found an intersection.</summary>
        private Point _oldest;

        private bool _mustRollBack = true;

        public Point? FindIntersect(ReadOnlySpan<Point> points)
        {
            lock (chain._gate)
            {
                foreach (Point point in points)
                {
                    Node? node = chain.Find(point);
                    if (node is not null || point.IsOrigin)
                    {
                        _position = node;
                        _oldest = default;
                        _mustRollBack = true;
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
                if (_position is { } position && !chain.IsOnChain(position))
                {
                    _position = chain.FindShared(position, _oldest);
                    _mustRollBack |= _position?.Point != position.Point;
                }

                if (_mustRollBack)
                {
                    _mustRollBack = false;
                    step = ChainStep.Backward(_position?.Point ?? Point.Origin, chain.TipLocked());
                    return true;
                }

                long next = _position is null ? chain._first : _position.Height + 1;
                if (next >= chain._end)
                {
                    step = default;
                    return false;
                }

                Node sent = chain.At(next);
                _oldest = _position is null ? sent.Point : _oldest;
                _position = sent;
                step = ChainStep.Forward(_position.Header, chain.TipLocked());
                return true;
            }
        }

        public void Dispose() => _position = null;
    }

    private sealed class RangeCursor(InMemoryChain chain, long next, Node last) : IBlockCursor
    {
        private long _next = next;

        public bool TryNext(out Block block)
        {
            block = default;
            if (_next > last.Height)
            {
                return false;
            }

            lock (chain._gate)
            {
                // The same blocks may have been added again, in other nodes: they are as good.
                if (_next < chain._first || last.Height >= chain._end || chain.At(last.Height).Point != last.Point)
                {
                    throw new ChainSourceException($"the range up to {last.Point} left the chain while it was read");
                }

                block = chain.At(_next).Block;
            }

            _next++;
            return true;
        }

        public void Dispose() => _next = long.MaxValue;
    }
}
