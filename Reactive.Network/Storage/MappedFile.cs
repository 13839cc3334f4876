using System.Buffers;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Reactive.Network.Storage;

/// <summary>A file as memory, read-only: its bytes go from the system's cache to a socket without a copy of ours.</summary>
/// <remarks>
/// Whoever touches bytes behind the end of a file that was cut since, or that the device cannot read, ends the process: only for files that nobody cuts. The
/// mapping goes with <see cref="IDisposable.Dispose"/> alone: one that is never disposed keeps its addresses, and no memory that the system needs.
/// </remarks>
internal sealed unsafe class MappedFile : MemoryManager<byte>
{
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly int _length;
    private int _isOver;

    private MappedFile(MemoryMappedViewAccessor view, int length)
    {
        _view = view;
        _length = length;

        // Held until the end: a span over a mapping that its finalizer had ended would be a fault.
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>Maps an open file.</summary>
    /// <param name="file">Can be closed afterwards.</param>
    /// <param name="length">How much of it, from 1 on.</param>
    /// <exception cref="IOException">It cannot be mapped, or is shorter.</exception>
    public static MappedFile Open(SafeFileHandle file, int length)
    {
        using MemoryMappedFile map = MemoryMappedFile.CreateFromFile(
            file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        return new MappedFile(map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read), length);
    }

    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isOver) == 1, this);
        return new Span<byte>(_start, _length);
    }

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)_length);
        return new MemoryHandle(_start + elementIndex, default, this);
    }

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _isOver, 1) == 0)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
        }
    }
}
