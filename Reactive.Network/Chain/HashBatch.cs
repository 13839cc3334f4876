namespace Reactive.Network.Chain;

/// <summary>Messages to be hashed side by side, and then their hashes. Longest first, so that none is left to be finished alone for long.</summary>
/// <param name="capacity">Messages at most.</param>
internal sealed class HashBatch(int capacity)
{
    private readonly ReadOnlyMemory<byte>[] _messages = new ReadOnlyMemory<byte>[capacity];
    private readonly ReadOnlyMemory<byte>[] _sorted = new ReadOnlyMemory<byte>[capacity];
    private readonly BlockHash[] _hashes = new BlockHash[capacity];
    private readonly int[] _order = new int[capacity];
    private readonly int[] _lengths = new int[capacity];
    private readonly int[] _places = new int[capacity];
    private int _count;

    /// <summary>The hash of a message, by what <see cref="Add"/> returned.</summary>
    public BlockHash this[int message] => _hashes[_places[message]];

    /// <returns>The number of the message.</returns>
    public int Add(ReadOnlyMemory<byte> message)
    {
        _messages[_count] = message;
        return _count++;
    }

    public void Compute()
    {
        for (int i = 0; i < _count; i++)
        {
            _order[i] = i;
            _lengths[i] = -_messages[i].Length;
        }

        _lengths.AsSpan(0, _count).Sort(_order.AsSpan(0, _count));
        for (int place = 0; place < _count; place++)
        {
            _sorted[place] = _messages[_order[place]];
            _places[_order[place]] = place;
        }

        Blake2b256Many.Hash(_sorted.AsSpan(0, _count), _hashes);
    }

    /// <summary>Forgets the messages, whose memory is not referred to any more.</summary>
    public void Clear()
    {
        Array.Clear(_messages, 0, _count);
        Array.Clear(_sorted, 0, _count);
        _count = 0;
    }
}
