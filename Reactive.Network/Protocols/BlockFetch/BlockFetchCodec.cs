using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Internal;

namespace Reactive.Network.Protocols.BlockFetch;

/// <summary>One whole CBOR item ↔ one message of block-fetch.</summary>
public static class BlockFetchCodec
{
    private const ulong EncodedItemTag = 24;

    /// <summary>Appends the encoding of <paramref name="message"/> to <paramref name="output"/>, in the form of the reference.</summary>
    public static void Write(IBufferWriter<byte> output, in BlockFetchMessage message)
    {
        ArgumentNullException.ThrowIfNull(output);
        var writer = new CborSpanWriter(output);
        switch (message.Kind)
        {
            case BlockFetchMessageKind.RequestRange:
                writer.WriteArrayHeader(3);
                writer.WriteUInt(0);
                PointCodec.Write(ref writer, message.First);
                PointCodec.Write(ref writer, message.Last);
                break;
            case BlockFetchMessageKind.Block:
                WriteBlockPrefix(output, message.Block.Size);
                writer.WriteRaw(message.Block.Span);
                break;
            default:
                writer.WriteArrayHeader(1);
                writer.WriteUInt(TagOf(message.Kind));
                break;
        }
    }

    /// <summary>Appends what stands before the bytes of a block, so that those can be sent from where they are.</summary>
    /// <param name="output">Where the bytes go.</param>
    /// <param name="blockSize">Length of <c>[blockTag, block]</c> in bytes, which must follow.</param>
    public static void WriteBlockPrefix(IBufferWriter<byte> output, int blockSize)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentOutOfRangeException.ThrowIfNegative(blockSize);
        var writer = new CborSpanWriter(output);
        writer.WriteArrayHeader(2);
        writer.WriteUInt(4);
        writer.WriteTag(EncodedItemTag);
        writer.WriteByteStringHeader(blockSize);
    }

    /// <summary>Reads the message that <paramref name="item"/> is. A block refers to these bytes: they must not change.</summary>
    /// <exception cref="CodecException">It is not one whole message of block-fetch.</exception>
    public static BlockFetchMessage Read(ReadOnlyMemory<byte> item) => Read(MemoryLease.Unowned(item));

    /// <inheritdoc cref="Read(ReadOnlyMemory{byte})"/>
    /// <remarks>
    /// A block takes <paramref name="item"/> over: disposing it gives the memory back. Every other message keeps nothing of it, and nothing is
    /// taken over where this throws. The bytes of the block are not looked at here.
    /// </remarks>
    internal static BlockFetchMessage Read(MemoryLease item)
    {
        var reader = new CborSpanReader(item.Span);
        int length = reader.ReadArrayHeader();
        ulong tag = reader.ReadUInt64();
        BlockFetchMessage message = (tag, length) switch
        {
            (0, 3) => BlockFetchMessage.RequestRange(PointCodec.Read(ref reader), PointCodec.Read(ref reader)),
            (1, 1) => BlockFetchMessage.ClientDone,
            (2, 1) => BlockFetchMessage.StartBatch,
            (3, 1) => BlockFetchMessage.NoBlocks,
            (4, 2) => BlockFetchMessage.ForBlock(ReadBlock(ref reader, item)),
            (5, 1) => BlockFetchMessage.BatchDone,
            _ => throw CodecException.UnknownMessage(BlockFetchProtocol.Name, tag, length),
        };
        reader.ReadEnd();
        return message;
    }

    private static Block ReadBlock(ref CborSpanReader reader, MemoryLease item)
    {
        int start = reader.Position;
        if (reader.ReadTag() != EncodedItemTag)
        {
            throw new CodecException($"expected tag {EncodedItemTag}", start);
        }

        int length = reader.ReadByteString().Length;
        return new Block(item, reader.Position - length, length);
    }

    private static ulong TagOf(BlockFetchMessageKind kind) => kind switch
    {
        BlockFetchMessageKind.ClientDone => 1,
        BlockFetchMessageKind.StartBatch => 2,
        BlockFetchMessageKind.NoBlocks => 3,
        _ => 5,
    };
}
