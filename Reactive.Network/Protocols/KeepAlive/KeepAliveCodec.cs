using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Internal;

namespace Reactive.Network.Protocols.KeepAlive;

/// <summary>One whole CBOR item ↔ one message of keep-alive.</summary>
public static class KeepAliveCodec
{
    /// <summary>Appends the encoding of <paramref name="message"/> to <paramref name="output"/>.</summary>
    public static void Write(IBufferWriter<byte> output, KeepAliveMessage message)
    {
        ArgumentNullException.ThrowIfNull(output);
        var writer = new CborSpanWriter(output);
        switch (message.Kind)
        {
            case KeepAliveMessageKind.KeepAlive:
                writer.WriteArrayHeader(2);
                writer.WriteUInt(0);
                writer.WriteUInt(message.Cookie);
                break;
            case KeepAliveMessageKind.Response:
                writer.WriteArrayHeader(2);
                writer.WriteUInt(1);
                writer.WriteUInt(message.Cookie);
                break;
            default:
                writer.WriteArrayHeader(1);
                writer.WriteUInt(2);
                break;
        }
    }

    /// <summary>Reads the message that <paramref name="item"/> is.</summary>
    /// <exception cref="CodecException">It is not one whole message of keep-alive.</exception>
    public static KeepAliveMessage Read(ReadOnlyMemory<byte> item) => ReadWhole(item.Span);

    /// <inheritdoc cref="Read(ReadOnlyMemory{byte})"/>
    /// <remarks>The message keeps nothing of <paramref name="item"/>: the caller gives it back.</remarks>
    internal static KeepAliveMessage Read(MemoryLease item) => ReadWhole(item.Span);

    /// <summary>Reads the message that is next in <paramref name="reader"/>, and leaves what stands behind it.</summary>
    /// <exception cref="CodecException">It is not a message of keep-alive.</exception>
    public static KeepAliveMessage Read(ref CborSpanReader reader)
    {
        int length = reader.ReadArrayHeader();
        ulong tag = reader.ReadUInt64();
        return (tag, length) switch
        {
            (0, 2) => KeepAliveMessage.KeepAlive(reader.ReadUInt16()),
            (1, 2) => KeepAliveMessage.Response(reader.ReadUInt16()),
            (2, 1) => KeepAliveMessage.Done,
            _ => throw CodecException.UnknownMessage(KeepAliveProtocol.Name, tag, length),
        };
    }

    private static KeepAliveMessage ReadWhole(ReadOnlySpan<byte> item)
    {
        var reader = new CborSpanReader(item);
        KeepAliveMessage message = Read(ref reader);
        reader.ReadEnd();
        return message;
    }
}
