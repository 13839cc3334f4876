using System.Buffers;
using System.Globalization;
using System.Reactive.Linq;
using Reactive.Network.Chain;
using Reactive.Network.Internal;

namespace Reactive.Network.Storage;

/// <summary>
/// cardano-node's ImmutableDB directory, served read-only and byte for byte as it is. Memory does not depend on its size: each client being served has
/// one pooled buffer for headers, and for blocks where files are not mapped; the files of the chunks read last stay open and mapped, 32 chunks at most.
/// </summary>
/// <remarks>
/// <para>Any thread. The chain is what the directory held on opening: blocks that a running node adds later are seen by opening it again.</para>
/// <para>A directory up to <see cref="ImmutableDatabaseOptions.VerifyWholeUpToBytes"/> is verified whole on opening: CRC, hash, link, slot. Of a larger one
/// the last chunk is; the others are checked as they are read (headers: hash and link; blocks: CRC, and the link from chunk to chunk), and a
/// <see cref="ChainSourceException"/> with file, entry and reason ends the reading there. Where <see cref="Defect"/> is set, the good blocks before it are served.</para>
/// <para>The piece need not begin at the genesis: origin is the place before the first block served.</para>
/// </remarks>
public sealed class ImmutableDatabase : IChainSource, IDisposable
{
    private readonly ImmutableFiles _files;
    private readonly ChunkCache _chunks;
    private volatile bool _isDisposed;

    private ImmutableDatabase(ImmutableFiles files, ImmutableOpening opening, NetworkMagic? magic, bool mapsFiles, ArrayPool<byte> arrays)
    {
        _files = files;
        Extent = opening.Extent;
        SlotsPerChunk = opening.SlotsPerChunk;
        Defect = opening.Defect;
        Magic = magic;
        Slabs = new SlabPool(arrays);
        MapsFiles = mapsFiles;
        _chunks = new ChunkCache(OpenFiles);
    }

    /// <summary>The directory that has the chunk files.</summary>
    public string Directory => _files.Directory;

    /// <summary>The last good block.</summary>
    public Tip Tip => Extent.Tip;

    /// <summary>What the file <c>protocolMagicId</c> beside the directory says; <see langword="null"/> without one.</summary>
    public NetworkMagic? Magic { get; }

    /// <summary>Slots in one chunk, ten times the security parameter of the Byron genesis.</summary>
    public int SlotsPerChunk { get; }

    /// <summary>The first place found damaged on opening; <see langword="null"/> if there is none.</summary>
    public ImmutableDefect? Defect { get; }

    /// <summary>Completes at once: the chain does not change while it is open.</summary>
    public IObservable<Tip> Changes { get; } = Observable.Empty<Tip>();

    internal ImmutableExtent Extent { get; }

    internal SlabPool Slabs { get; }

    /// <summary>Whether blocks are read where the system has the file.</summary>
    internal bool MapsFiles { get; }

    /// <summary>Chunks whose files are kept open.</summary>
    internal int OpenChunks => _chunks.Count;

    /// <summary>Opens the <c>immutable</c> directory of a node, or its parent.</summary>
    /// <exception cref="ChainSourceException">It is not there, has no chunk files, cannot be listed, or its slots per chunk cannot be told.</exception>
    public static ImmutableDatabase Open(string directory, ImmutableDatabaseOptions? options = null) =>
        Open(directory, options, ArrayPool<byte>.Shared);

    internal static ImmutableDatabase Open(string directory, ImmutableDatabaseOptions? options, ArrayPool<byte> arrays)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        options ??= new ImmutableDatabaseOptions();
        options.Validate();
        try
        {
            string chunks = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
            string inside = Path.Combine(chunks, "immutable");
            ImmutableFiles files = new(System.IO.Directory.Exists(inside) ? inside : chunks);
            return new ImmutableDatabase(files, new ImmutableOpening(files, options), ReadMagic(files.Directory), options.MapFiles, arrays);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ChainSourceException($"{directory}: {error.Message}", error);
        }
    }

    /// <inheritdoc/>
    public IChainCursor Follow() => new ImmutableHeaderCursor(this);

    /// <inheritdoc/>
    /// <exception cref="ChainSourceException">The index cannot be read.</exception>
    public IBlockCursor? ReadRange(Point first, Point last) =>
        Find(first) is { } from && Find(last) is { } to && from <= to ? new ImmutableBlockCursor(this, from, to) : null;

    /// <summary>No more is read: clients being served get a <see cref="ChainSourceException"/> with their next read.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _chunks.Dispose();
    }

    /// <summary>Whether the entries of a chunk were held against its bytes on opening, as far as it is served.</summary>
    internal bool IsVerified(int chunk) => chunk >= Extent.VerifiedFrom;

    internal ChainSourceException CannotRead(EntryAddress at, Exception error) =>
        new(ImmutableDefect.From(error, _files, at).ToString(), error);

    /// <summary>Opens a chunk as far as it is served.</summary>
    /// <exception cref="IOException">A file is missing or unreadable, or shorter than it was.</exception>
    internal ImmutableChunk OpenChunk(int number)
    {
        if (_isDisposed)
        {
            throw new ChainSourceException($"{Directory} was closed");
        }

        return _chunks.Get(number);
    }

    private ImmutableChunk OpenFiles(int number)
    {
        if (number != Extent.End.Chunk)
        {
            return new ImmutableChunk(_files, number, SlotsPerChunk);
        }

        ImmutableChunk chunk = new(_files, number, SlotsPerChunk, Extent.End.Index, Extent.EndBytes);
        if (chunk.EntryCount == Extent.End.Index && chunk.Length == Extent.EndBytes)
        {
            return chunk;
        }

        bool inIndex = chunk.EntryCount < Extent.End.Index;
        chunk.Dispose();
        throw new ImmutableDamageException(chunk.Defect(
            ImmutableDefectKind.MissingBytes, chunk.EntryCount, "the file is shorter than it was when the directory was opened", inIndex));
    }

    /// <summary>Where the block of a point is.</summary>
    /// <exception cref="ChainSourceException">The index cannot be read.</exception>
    internal EntryAddress? Find(Point point)
    {
        ulong number = point.Slot / (ulong)SlotsPerChunk;
        if (point.IsOrigin || number < (ulong)Extent.First.Chunk || number > (ulong)Extent.End.Chunk)
        {
            return null;
        }

        EntryAddress address = new((int)number, 0);
        if (address >= Extent.End)
        {
            return null;
        }

        try
        {
            using ImmutableChunk chunk = OpenChunk(address.Chunk);
            int index = chunk.Find(point);
            return index < 0 ? null : new EntryAddress(address.Chunk, index);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CannotRead(address, error);
        }
    }

    private static NetworkMagic? ReadMagic(string chunks)
    {
        if (Path.GetDirectoryName(chunks) is not { } parent)
        {
            return null;
        }

        string file = Path.Combine(parent, "protocolMagicId");
        if (!File.Exists(file))
        {
            return null;
        }

        return uint.TryParse(File.ReadAllText(file).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out uint magic)
            ? new NetworkMagic(magic)
            : throw new ChainSourceException($"{file}: not a network magic, a decimal number");
    }
}
