using System.Buffers.Binary;
using Reactive.Network.Bearers;

namespace Rxnet.Embedded;

/// <summary>Leaves out what the block-fetch responder sends. A batch is a whole number of SDUs, so it can be taken apart by their headers.</summary>
/// <param name="inner">The real one.</param>
internal sealed class WithholdingBearer(IBearer inner) : IBearer
{
    private const int SduHeaderBytes = 8;

    /// <summary>Mini-protocol 3, sent by its responder.</summary>
    private const ushort BlockFetchReplies = 0x8003;

    public string RemoteName => inner.RemoteName;

    public void Start(IBearerSink sink) => inner.Start(sink);

    public bool TryWrite(ReadOnlyMemory<byte> batch)
    {
        byte[] kept = new byte[batch.Length];
        int length = 0;
        for (ReadOnlySpan<byte> rest = batch.Span; rest.Length >= SduHeaderBytes;)
        {
            int sdu = SduHeaderBytes + BinaryPrimitives.ReadUInt16BigEndian(rest[6..]);
            if (BinaryPrimitives.ReadUInt16BigEndian(rest[4..]) != BlockFetchReplies)
            {
                rest[..sdu].CopyTo(kept.AsSpan(length));
                length += sdu;
            }

            rest = rest[sdu..];
        }

        return length == 0 || inner.TryWrite(kept.AsMemory(0, length));
    }

    public void Close() => inner.Close();

    public void Abort() => inner.Abort();

    public void PauseReading() => inner.PauseReading();

    public void ResumeReading() => inner.ResumeReading();

    public void Dispose() => inner.Dispose();
}
