using System.Buffers;
using Reactive.Network.Cbor;

namespace Reactive.Network.Protocols.Handshake;

/// <summary>The data of a node-to-client version.</summary>
/// <param name="Magic">The network.</param>
/// <param name="Query">Whether only the versions are asked for.</param>
public readonly record struct NodeToClientVersionData(uint Magic, bool Query)
{
    /// <summary>Reads the data of the version with this wire number.</summary>
    /// <exception cref="CodecException">It is not the data of that version, or the version is not known.</exception>
    public static NodeToClientVersionData Decode(int wireVersion, ReadOnlySpan<byte> data)
    {
        if (!NodeToClient.IsKnown(wireVersion))
        {
            throw new CodecException($"node-to-client version {wireVersion} is not known");
        }

        var reader = new CborSpanReader(data);
        int length = reader.ReadArrayHeader();
        if (length != 2)
        {
            throw new CodecException($"the data of a node-to-client version has 2 elements, not {length}", 0);
        }

        var decoded = new NodeToClientVersionData(reader.ReadUInt32(), reader.ReadBool());
        reader.ReadEnd();
        return decoded;
    }

    /// <summary>The data as every known version encodes it.</summary>
    public byte[] Encode()
    {
        var output = new ArrayBufferWriter<byte>(8);
        var writer = new CborSpanWriter(output);
        writer.WriteArrayHeader(2);
        writer.WriteUInt(Magic);
        writer.WriteBool(Query);
        return output.WrittenSpan.ToArray();
    }
}
