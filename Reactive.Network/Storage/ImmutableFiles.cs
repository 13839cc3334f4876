using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Reactive.Network.Storage;

/// <summary>The names of an ImmutableDB directory, and how its files are opened.</summary>
/// <param name="directory">The directory that has the chunk files.</param>
internal sealed class ImmutableFiles(string directory)
{
    public string Directory { get; } = directory;

    public string Chunk(int chunk) => Name(chunk, "chunk");

    public string Primary(int chunk) => Name(chunk, "primary");

    public string Secondary(int chunk) => Name(chunk, "secondary");

    /// <summary>
    /// The numbers of the chunk files in ascending order, and the highest number that any index file has. Four bytes a chunk, for as long
    /// as the caller keeps the list.
    /// </summary>
    public List<int> List(out int highestIndex)
    {
        List<int> chunks = [];
        highestIndex = -1;
        foreach (string path in System.IO.Directory.EnumerateFiles(Directory))
        {
            ReadOnlySpan<char> name = Path.GetFileNameWithoutExtension(path.AsSpan());
            ReadOnlySpan<char> extension = Path.GetExtension(path.AsSpan());
            if (name.Length < 5 || !int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                continue;
            }

            if (extension is ".chunk")
            {
                chunks.Add(number);
            }
            else if (extension is ".secondary" or ".primary")
            {
                highestIndex = Math.Max(highestIndex, number);
            }
        }

        chunks.Sort();
        return chunks;
    }

    /// <summary>The writer of a running node is let in: it only appends.</summary>
    public static SafeFileHandle Open(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Fills <paramref name="into"/> from <paramref name="offset"/> on.</summary>
    /// <returns><see langword="false"/> if the file ends before.</returns>
    public static bool TryRead(SafeFileHandle file, Span<byte> into, long offset)
    {
        while (!into.IsEmpty)
        {
            int read = RandomAccess.Read(file, into, offset);
            if (read == 0)
            {
                return false;
            }

            into = into[read..];
            offset += read;
        }

        return true;
    }

    /// <summary>The length of a file, 0 where it is missing.</summary>
    public static long LengthOf(string path)
    {
        FileInfo file = new(path);
        return file.Exists ? file.Length : 0;
    }

    private string Name(int chunk, string extension) =>
        Path.Combine(Directory, string.Create(CultureInfo.InvariantCulture, $"{chunk:00000}.{extension}"));
}
