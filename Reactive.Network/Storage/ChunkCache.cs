namespace Reactive.Network.Storage;

/// <summary>
/// The chunks that were read last, open: whoever serves ranges asks for the same few over and over, and to open and map a file for each costs more than
/// to send it.
/// </summary>
/// <remarks>Any thread. Bound: <see cref="Most"/> chunks, two files each; one that is in use beyond that is closed by its last user.</remarks>
/// <param name="open">Opens a chunk.</param>
internal sealed class ChunkCache(Func<int, ImmutableChunk> open) : IDisposable
{
    /// <summary>Chunks kept. Each client being served reads one at a time.</summary>
    internal const int Most = 32;

    private readonly Lock _gate = new();

    /// <summary>The one asked for last stands last.</summary>
    private readonly List<ImmutableChunk> _recent = [];
    private bool _isOver;

    /// <summary>Chunks kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _recent.Count;
            }
        }
    }

    /// <summary>A chunk, with the caller as an owner.</summary>
    /// <exception cref="IOException">A file is missing or unreadable.</exception>
    public ImmutableChunk Get(int number)
    {
        lock (_gate)
        {
            if (TryFind(number) is { } found)
            {
                return found;
            }
        }

        // Not under the lock: a disk that is slow for one client must not hold up those whose chunks are open.
        ImmutableChunk opened = open(number);
        ImmutableChunk? dropped = null;
        lock (_gate)
        {
            if (_isOver)
            {
                return opened;
            }

            if (TryFind(number) is { } found)
            {
                // Another was faster.
                (dropped, opened) = (opened, found);
            }
            else
            {
                if (_recent.Count == Most)
                {
                    dropped = _recent[0];
                    _recent.RemoveAt(0);
                }

                _recent.Add(opened.AddOwner());
            }
        }

        dropped?.Dispose();
        return opened;
    }

    /// <summary>Keeps none any more.</summary>
    public void Dispose()
    {
        ImmutableChunk[] chunks;
        lock (_gate)
        {
            _isOver = true;
            chunks = [.. _recent];
            _recent.Clear();
        }

        Array.ForEach(chunks, static chunk => chunk.Dispose());
    }

    /// <summary>One that is open, with an owner more, which now is the one asked for last.</summary>
    private ImmutableChunk? TryFind(int number)
    {
        int at = _recent.FindLastIndex(chunk => chunk.Number == number);
        if (at < 0)
        {
            return null;
        }

        ImmutableChunk found = _recent[at];
        _recent.RemoveAt(at);
        _recent.Add(found);
        return found.AddOwner();
    }
}
