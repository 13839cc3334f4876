using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>
/// The headers that a lane has taken in this turn and not delivered yet. Each thread keeps one of these, about 15 KB, for whichever lane has its turn on it.
/// </summary>
internal sealed class UnhashedHeaders
{
    private const int Most = 64;

    [ThreadStatic]
    private static UnhashedHeaders? _idle;

    private readonly (Header Header, Tip Tip)[] _headers = new (Header, Tip)[Most];
    private readonly HashBatch _hashes = new(Most);

    private UnhashedHeaders()
    {
    }

    public int Count { get; private set; }

    public (Header Header, Tip Tip) this[int index] => _headers[index];

    /// <summary>That of this thread. Until it is given back there is none: a turn inside this one gets another.</summary>
    public static UnhashedHeaders Take()
    {
        UnhashedHeaders headers = _idle ?? new UnhashedHeaders();
        _idle = null;
        return headers;
    }

    /// <returns>Whether no other has room.</returns>
    public bool Add(in Header header, in Tip tip)
    {
        _hashes.Add(header.Memory);
        _headers[Count++] = (header, tip);
        return Count == Most;
    }

    public void Hash()
    {
        _hashes.Compute();
        for (int i = 0; i < Count; i++)
        {
            _headers[i].Header = _headers[i].Header.WithHash(_hashes[i]);
        }
    }

    /// <summary>Gives the memory of the headers from <paramref name="first"/> on back, and this to the thread.</summary>
    public void GiveBack(int first)
    {
        for (; first < Count; first++)
        {
            _headers[first].Header.Lease.ReleaseIfHeld();
        }

        Array.Clear(_headers, 0, Count);
        _hashes.Clear();
        Count = 0;
        _idle = this;
    }
}
