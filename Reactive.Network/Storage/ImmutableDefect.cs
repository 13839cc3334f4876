using System.Globalization;

namespace Reactive.Network.Storage;

/// <summary>What is wrong with an entry of an <see cref="ImmutableDatabase"/>.</summary>
public enum ImmutableDefectKind
{
    /// <summary>A file that belongs to the directory is not there.</summary>
    MissingFile,

    /// <summary>The operating system refused to read a file.</summary>
    Unreadable,

    /// <summary>The secondary index ends in the middle of an entry, in a chunk that is finished.</summary>
    PartialEntry,

    /// <summary>The entry refers to bytes that the chunk file does not have.</summary>
    MissingBytes,

    /// <summary>The chunk file has more bytes than the entries account for.</summary>
    BytesWithoutEntry,

    /// <summary>The entry contradicts itself or its neighbours: offsets, header place, slot.</summary>
    WrongEntry,

    /// <summary>The CRC-32 of the stored bytes is not that of the entry.</summary>
    WrongCrc,

    /// <summary>The stored bytes are no block.</summary>
    MalformedBlock,

    /// <summary>The hash of the block is not that of the entry.</summary>
    WrongHash,

    /// <summary>The block does not name the block before it as its predecessor.</summary>
    BrokenLink,
}

/// <summary>One place where an <see cref="ImmutableDatabase"/> is damaged.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="File">The file, with its path.</param>
/// <param name="Entry">The number of the index entry in its chunk, from 0: the first that cannot be trusted.</param>
/// <param name="Reason">What was expected and what stands there.</param>
public sealed record ImmutableDefect(ImmutableDefectKind Kind, string File, int Entry, string Reason)
{
    /// <summary>What stands behind an error of reading: the damage found, or the operating system's reason.</summary>
    internal static ImmutableDefect From(Exception error, ImmutableFiles files, EntryAddress at)
    {
        if (error is ImmutableDamageException damage)
        {
            return damage.Defect;
        }

        bool isMissing = error is FileNotFoundException or DirectoryNotFoundException;
        string file = isMissing && !System.IO.File.Exists(files.Secondary(at.Chunk)) ? files.Secondary(at.Chunk) : files.Chunk(at.Chunk);
        return new ImmutableDefect(
            isMissing ? ImmutableDefectKind.MissingFile : ImmutableDefectKind.Unreadable,
            file,
            at.Index,
            isMissing ? "the file is missing" : error.Message);
    }

    /// <summary>One line: file, entry and reason.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{File}: entry {Entry}: {Reason}");
}

/// <summary>Carries a defect from where it is found to where a caller is told: as <see cref="ImmutableDatabase.Defect"/> or in a message.</summary>
internal sealed class ImmutableDamageException(ImmutableDefect defect) : IOException(defect.ToString())
{
    public ImmutableDefect Defect { get; } = defect;
}
