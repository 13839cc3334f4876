using System.Buffers.Binary;

namespace Reactive.Network.Multiplexing;

/// <summary>Which half of a mini-protocol sent an SDU: a property of the instance, not of who opened the connection.</summary>
public enum SduSender
{
    /// <summary>The client half; mode bit 0.</summary>
    Initiator,

    /// <summary>The server half; mode bit 1.</summary>
    Responder,
}

/// <summary>The 8 bytes before every payload, big endian.</summary>
/// <param name="TimestampMicroseconds">Low 32 bits of the sender's monotonic clock; nothing may be rejected on it.</param>
/// <param name="Sender">The half that sent it.</param>
/// <param name="Protocol">The mini-protocol.</param>
/// <param name="PayloadLength">Bytes behind the header, 1 to 65,535; 0 is an error of the sender.</param>
public readonly record struct SduHeader(uint TimestampMicroseconds, SduSender Sender, MiniProtocolId Protocol, int PayloadLength)
{
    /// <summary>The length of the header in bytes.</summary>
    public const int Size = 8;

    /// <summary>The longest payload that must be accepted.</summary>
    public const int MaxPayloadLength = 65_535;

    private const ushort ResponderBit = 0x8000;

    /// <summary>Reads the first 8 bytes of <paramref name="bytes"/>. Every bit pattern is a header; a length of 0 is for the caller to refuse.</summary>
    public static SduHeader Read(ReadOnlySpan<byte> bytes)
    {
        ushort word = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        return new SduHeader(
            BinaryPrimitives.ReadUInt32BigEndian(bytes),
            (word & ResponderBit) == 0 ? SduSender.Initiator : SduSender.Responder,
            new MiniProtocolId((ushort)(word & MiniProtocolId.MaxValue)),
            BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]));
    }

    /// <summary>Writes the 8 bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, TimestampMicroseconds);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)(Protocol.Value | (Sender == SduSender.Responder ? ResponderBit : 0)));
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], (ushort)PayloadLength);
    }
}
