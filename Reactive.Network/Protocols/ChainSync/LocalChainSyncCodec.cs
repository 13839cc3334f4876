using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Internal;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>One whole CBOR item ↔ one message of local chain-sync: as between nodes, but for the block in a roll forward.</summary>
public static class LocalChainSyncCodec
{
    private const ulong EncodedItemTag = 24;

    /// <summary>Appends the encoding of <paramref name="message"/> to <paramref name="output"/>, in the form of the reference.</summary>
    public static void Write(IBufferWriter<byte> output, in LocalChainSyncMessage message)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (message.Kind != ChainSyncMessageKind.RollForward)
        {
            ChainSyncCodec.Write(output, message.Other);
            return;
        }

        WriteBlockPrefix(output, message.Block.Size);
        var writer = new CborSpanWriter(output);
        writer.WriteRaw(message.Block.Span);
        TipCodec.Write(ref writer, message.Tip);
    }

    /// <summary>Reads the message that <paramref name="item"/> is. A block refers to these bytes: they must not change.</summary>
    /// <exception cref="CodecException">It is not one whole message of local chain-sync.</exception>
    public static LocalChainSyncMessage Read(ReadOnlyMemory<byte> item)
    {
        MemoryLease lease = MemoryLease.Unowned(item);
        return TryReadRollForward(lease, out Block block, out Tip tip)
            ? LocalChainSyncMessage.RollForward(block, tip)
            : LocalChainSyncMessage.From(ChainSyncCodec.Read(lease));
    }

    /// <summary>Appends what stands before the bytes of a block, so that those can be sent from where they are. The tip follows them.</summary>
    internal static void WriteBlockPrefix(IBufferWriter<byte> output, int blockSize)
    {
        var writer = new CborSpanWriter(output);
        writer.WriteArrayHeader(3);
        writer.WriteUInt(2);
        writer.WriteTag(EncodedItemTag);
        writer.WriteByteStringHeader(blockSize);
    }

    /// <summary>Reads a roll forward, in whatever encoding.</summary>
    /// <returns><see langword="false"/> for any other message, which <see cref="ChainSyncCodec"/> reads, or refuses.</returns>
    /// <exception cref="CodecException">It begins as a roll forward, but is not one whole message.</exception>
    /// <remarks>
    /// The block takes <paramref name="item"/> over, if this neither answers <see langword="false"/> nor throws. Its bytes are not looked at here.
    /// </remarks>
    internal static bool TryReadRollForward(MemoryLease item, out Block block, out Tip tip)
    {
        var reader = new CborSpanReader(item.Span);
        block = default;
        tip = default;
        if (reader.ReadArrayHeader() != 3 || reader.ReadUInt64() != 2)
        {
            return false;
        }

        int start = reader.Position;
        if (reader.ReadTag() != EncodedItemTag)
        {
            throw new CodecException($"expected tag {EncodedItemTag}", start);
        }

        int length = reader.ReadByteString().Length;
        block = new Block(item, reader.Position - length, length);
        tip = TipCodec.Read(ref reader);
        reader.ReadEnd();
        return true;
    }
}
