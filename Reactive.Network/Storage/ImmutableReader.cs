using Reactive.Network.Chain;

namespace Reactive.Network.Storage;

/// <summary>
/// Walks over the index of a directory and makes elements, a batch at a time: as many as one slab takes. Holds that slab, an array or a view of the
/// mapped file, and, between the first element and the last, a chunk.
/// </summary>
/// <typeparam name="T">What is made of an entry: owns a segment of a slab.</typeparam>
internal abstract class ImmutableReader<T>(ImmutableDatabase database) : IDisposable
    where T : struct, IDisposable
{
    private readonly T[] _ready = new T[ImmutableChunk.MaxBatch];
    private ImmutableChunk? _chunk;
    private EntryAddress _next;
    private EntryAddress _end;
    private int _readyCount;
    private int _taken;

    protected ImmutableDatabase Database { get; } = database;

    public void Dispose() => MoveTo(default, default);

    /// <summary>Gives up what was read and goes on at <paramref name="next"/>, up to but without <paramref name="end"/>.</summary>
    protected void MoveTo(EntryAddress next, EntryAddress end)
    {
        Drop();
        Close();
        (_next, _end) = (next, end);
    }

    /// <summary>The next element, which the caller gives back.</summary>
    /// <exception cref="ChainSourceException">The directory cannot be read, or what it holds is damaged.</exception>
    protected bool TryTake(out T element)
    {
        if (_taken == _readyCount && !TryReadBatch())
        {
            Close();
            element = default;
            return false;
        }

        element = _ready[_taken];
        _ready[_taken++] = default;
        return true;
    }

    /// <summary>Reads what belongs to these entries, and calls <see cref="Add"/> for each.</summary>
    /// <returns>How many entries were used, 1 or more; the others come again.</returns>
    /// <exception cref="ImmutableDamageException">The entry after those added is damaged.</exception>
    protected abstract int Read(ImmutableChunk chunk, int firstIndex, ReadOnlySpan<StoredBlock> blocks);

    protected void Add(T element) => _ready[_readyCount++] = element;

    private bool TryReadBatch()
    {
        _taken = 0;
        _readyCount = 0;
        try
        {
            for (; _next < _end; _next = new EntryAddress(_next.Chunk + 1, 0))
            {
                ImmutableChunk chunk = Open(_next.Chunk);
                int left = _next.Chunk == _end.Chunk ? _end.Index - _next.Index : chunk.EntryCount - _next.Index;
                if (left > 0)
                {
                    ReadBatch(chunk, left);
                    return true;
                }
            }

            return false;
        }
        catch (Exception error)
        {
            Drop();
            Close();
            if (error is IOException or UnauthorizedAccessException)
            {
                throw Database.CannotRead(_next, error);
            }

            throw;
        }
    }

    private void ReadBatch(ImmutableChunk chunk, int left)
    {
        Span<StoredBlock> blocks = stackalloc StoredBlock[ImmutableChunk.MaxBatch];
        int count = chunk.ReadEntries(_next.Index, blocks[..Math.Min(left, blocks.Length)], out ImmutableDefect? defect);
        if (count == 0)
        {
            throw new ImmutableDamageException(defect!);
        }

        try
        {
            _next = new EntryAddress(_next.Chunk, _next.Index + Read(chunk, _next.Index, blocks[..count]));
        }
        catch (ImmutableDamageException) when (_readyCount > 0)
        {
            // What is good before the damage is delivered; then the next batch meets the damage again.
            _next = new EntryAddress(_next.Chunk, _next.Index + _readyCount);
        }
    }

    private ImmutableChunk Open(int number)
    {
        if (_chunk?.Number != number)
        {
            Close();
            _chunk = Database.OpenChunk(number);
        }

        return _chunk!;
    }

    private void Close()
    {
        _chunk?.Dispose();
        _chunk = null;
    }

    private void Drop()
    {
        for (; _taken < _readyCount; _taken++)
        {
            _ready[_taken].Dispose();
            _ready[_taken] = default;
        }
    }
}
