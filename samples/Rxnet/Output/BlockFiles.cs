using Reactive.Network.Chain;

namespace Rxnet.Output;

/// <summary>A block that was written to a file.</summary>
internal sealed record BlockFile(Point Point, int Bytes, string File);

/// <summary>Blocks as files, <c>SLOT.HASH.cbor</c>: there whole or not at all.</summary>
internal sealed class BlockFiles
{
    private readonly string _directory;

    public BlockFiles(string directory)
    {
        Directory.CreateDirectory(directory);
        _directory = directory;
    }

    /// <summary>Writes a block and gives it back.</summary>
    public BlockFile Write(Block block)
    {
        using (block)
        {
            Point point = block.Point;
            string file = Path.Combine(_directory, $"{point}.cbor");
            string unfinished = file + ".part";
            File.WriteAllBytes(unfinished, block.Span);
            File.Move(unfinished, file, overwrite: true);
            return new BlockFile(point, block.Size, file);
        }
    }
}
