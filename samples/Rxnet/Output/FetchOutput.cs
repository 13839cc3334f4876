namespace Rxnet.Output;

/// <summary>What <c>fetch</c> tells.</summary>
internal sealed class FetchOutput(StandardOutput output, bool asJson)
{
    private readonly JsonLines _lines = new(output);

    public void Block(BlockFile block)
    {
        if (asJson)
        {
            _lines.Write("block", json =>
            {
                json.WritePoint(block.Point);
                json.WriteNumber("bytes", block.Bytes);
                json.WriteString("file", block.File);
            });
        }
        else
        {
            output.WriteLine($"{block.File} {block.Bytes} bytes");
        }
    }
}
