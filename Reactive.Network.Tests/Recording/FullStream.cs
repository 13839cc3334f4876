namespace Reactive.Network.Tests.Recording;

/// <summary>A disk with so much room and no more.</summary>
internal sealed class FullStream(int room) : MemoryStream
{
    public int Room { get; set; } = room;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (Length + buffer.Length > Room)
        {
            throw new IOException("no space left on device");
        }

        base.Write(buffer);
    }
}
