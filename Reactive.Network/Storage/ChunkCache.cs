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
            int at = _recent.FindLastIndex(chunk => chunk.Number == number);
            ImmutableChunk found = at < 0 ? open(number) : _recent[at];
            if (at >= 0)
            {
                _recent.RemoveAt(at);
            }
            else if (_recent.Count == Most)
            {
                _recent[0].Dispose();
                _recent.RemoveAt(0);
            }

            _recent.Add(found);
            return found.AddOwner();
        }
    }

    /// <summary>Keeps none any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _recent.ForEach(static chunk => chunk.Dispose());
            _recent.Clear();
        }
    }
}
