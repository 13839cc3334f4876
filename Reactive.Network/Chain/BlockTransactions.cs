using Reactive.Network.Cbor;

namespace Reactive.Network.Chain;

/// <summary>The transactions of a block, in its order, in place: nothing is copied.</summary>
/// <remarks>
/// <para>A view on the bytes of the block: valid while the block was not given back. Reading is in proportion to the bytes of the block, without recursion;
/// only a block with <see cref="BlockTransaction.IsValid"/> false somewhere allocates, and <see cref="ReadIds"/>, which takes some 40 bytes for each, whose bytes in the
/// block may be fewer.</para>
/// <para>Pure. Not checked against the header: <see cref="BlockVerifier"/> does that.</para>
/// </remarks>
public readonly ref struct BlockTransactions
{
    /// <summary>Enough for the lanes of every machine to be full.</summary>
    private const int IdsAtOnce = 256;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly ReadOnlySpan<byte> _items;
    private readonly int[]? _invalid;
    private readonly int _offset;

    /// <exception cref="CodecException">The bytes are no block.</exception>
    internal BlockTransactions(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        ReadOnlySpan<byte> block = bytes.Span;
        BlockLayout layout = BlockLayout.Read(block);
        Era = layout.Era;
        IsOpaque = layout.Era > Era.Conway;
        if (IsOpaque || layout.Era == Era.ByronBoundary)
        {
            return;
        }

        var body = new CborSpanReader(block[layout.BodyOffset..]);
        if (layout.Era == Era.Byron)
        {
            if (body.ReadArrayHeader() != 4)
            {
                throw new CodecException("a Byron body has 4 elements");
            }
        }
        else if (layout.Elements != (layout.Era >= Era.Alonzo ? 5 : 4))
        {
            throw new CodecException($"a block of {layout.Era.Name()} does not have {layout.Elements} elements");
        }

        int start = body.Position;
        body.SkipItem();
        ReadOnlySpan<byte> list = block.Slice(layout.BodyOffset + start, body.Position - start);
        var items = new CborSpanReader(list);
        int? count = items.ReadArrayHeaderOrIndefinite();
        _offset = layout.BodyOffset + start + items.Position;
        _items = items.RemainingSpan;
        Count = count ?? CountUntilBreak(items);
        if (layout.Era >= Era.Alonzo)
        {
            body.SkipItem();
            body.SkipItem();
            _invalid = ReadInvalid(ref body, Count);
        }
    }

    /// <summary>The era of the block.</summary>
    public Era Era { get; }

    /// <summary>Whether the body is of an era that is not known here, so that nothing can be said of its transactions: eras later than Conway.</summary>
    public bool IsOpaque { get; }

    /// <summary>How many there are; 0 where the body is opaque.</summary>
    public int Count { get; }

    /// <summary>From the first to the last.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>The id of each, in the order of the block. Hashes several side by side.</summary>
    /// <exception cref="CodecException">A transaction is not what the era's blocks have.</exception>
    public TransactionId[] ReadIds()
    {
        if (Count == 0)
        {
            return [];
        }

        // In pieces: a block may be millions of tiny items, of which no more is to be kept than their ids.
        var bodies = new ReadOnlyMemory<byte>[Math.Min(Count, IdsAtOnce)];
        var hashes = new BlockHash[bodies.Length];
        var ids = new TransactionId[Count];
        int waiting = 0;
        foreach (BlockTransaction transaction in this)
        {
            bodies[waiting++] = _bytes.Slice(transaction.BodyOffset, transaction.Body.Length);
            if (waiting < bodies.Length && transaction.Index + 1 < Count)
            {
                continue;
            }

            Blake2b256Many.Hash(bodies.AsSpan(0, waiting), hashes);
            for (int first = transaction.Index + 1 - waiting; waiting > 0; waiting--)
            {
                ids[first + waiting - 1] = new TransactionId(Era, hashes[waiting - 1]);
            }
        }

        return ids;
    }

    private static int CountUntilBreak(CborSpanReader items)
    {
        int count = 0;
        while (!items.TryReadBreak())
        {
            items.SkipItem();
            count++;
        }

        return count;
    }

    /// <summary>The indexes of the transactions whose scripts failed, ascending. Blocks list them in any order.</summary>
    private static int[]? ReadInvalid(ref CborSpanReader body, int count)
    {
        List<int>? invalid = null;
        int? left = body.ReadArrayHeaderOrIndefinite();
        while (left is { } number ? number > 0 : !body.TryReadBreak())
        {
            left--;
            int at = body.Position;
            int index = body.ReadInt32();
            if (invalid?.Count >= count)
            {
                throw new CodecException($"more than all {count} transactions are said to be invalid", at);
            }

            (invalid ??= []).Add(index < count ? index : throw new CodecException($"transaction {index} of {count} is said to be invalid", at));
        }

        invalid?.Sort();
        return invalid?.ToArray();
    }

    /// <summary>Goes through the transactions of a block.</summary>
    public ref struct Enumerator
    {
        private readonly BlockTransactions _all;
        private CborSpanReader _reader;
        private BlockTransaction _current;
        private int _next;

        internal Enumerator(BlockTransactions all)
        {
            _all = all;
            _reader = new CborSpanReader(all._items);
        }

        /// <summary>The transaction that <see cref="MoveNext"/> came to.</summary>
        public readonly BlockTransaction Current => _current;

        /// <summary>On to the next one.</summary>
        /// <exception cref="CodecException">It is not what the era's blocks have.</exception>
        public bool MoveNext()
        {
            if (_next == _all.Count)
            {
                return false;
            }

            bool isByron = _all.Era == Era.Byron;
            if (isByron && _reader.ReadArrayHeader() != 2)
            {
                throw new CodecException("a transaction of a Byron block is [transaction, witnesses]", _reader.Position);
            }

            int start = _reader.Position;
            _reader.SkipItem();
            ReadOnlySpan<byte> body = _all._items[start.._reader.Position];
            if (isByron)
            {
                _reader.SkipItem();
            }

            _current = new BlockTransaction(_next, body, _all._offset + start, isValid: _all._invalid.AsSpan().BinarySearch(_next) < 0);
            _next++;
            return true;
        }
    }
}

/// <summary>One transaction as a block has it: a view on the bytes of the block.</summary>
public readonly ref struct BlockTransaction
{
    internal BlockTransaction(int index, ReadOnlySpan<byte> body, int bodyOffset, bool isValid)
    {
        Index = index;
        Body = body;
        BodyOffset = bodyOffset;
        IsValid = isValid;
    }

    /// <summary>Its place in the block, from 0.</summary>
    public int Index { get; }

    /// <summary>The body, whose hash is the transaction's id.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>Where the body begins in the bytes of the block.</summary>
    public int BodyOffset { get; }

    /// <summary>Whether its scripts succeeded; where they did not, it took its collateral and did nothing else. Always so before Alonzo.</summary>
    public bool IsValid { get; }

    /// <summary>The hash of the body. Computed on each call: keep it, or use <see cref="BlockTransactions.ReadIds"/> for all of a block.</summary>
    public BlockHash Hash => Blake2b256.Hash(Body);
}
