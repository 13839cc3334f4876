using System.Buffers;
using Reactive.Network.Cbor;

namespace Reactive.Network.Protocols.Handshake;

/// <summary>The data of a node-to-node version.</summary>
/// <param name="Magic">The network.</param>
/// <param name="InitiatorOnly">Whether this side runs no responders on this connection.</param>
/// <param name="PeerSharing">Whether mini-protocol 10 may be used.</param>
/// <param name="Query">Whether only the versions are asked for.</param>
/// <param name="PerasSupport">Whether the Peras protocols may be used; from version 16 on, else <see langword="null"/>.</param>
public readonly record struct NodeToNodeVersionData(uint Magic, bool InitiatorOnly, bool PeerSharing, bool Query, bool? PerasSupport = null)
{
    /// <summary>Reads the data of <paramref name="version"/>.</summary>
    /// <param name="version">14, 15 or 16.</param>
    /// <param name="data">One whole CBOR item.</param>
    /// <exception cref="CodecException">It is not the data of that version, or the version is not known.</exception>
    public static NodeToNodeVersionData Decode(int version, ReadOnlySpan<byte> data)
    {
        if (!NodeToNode.IsKnown(version))
        {
            throw new CodecException($"node-to-node version {version} is not known");
        }

        var reader = new CborSpanReader(data);
        int length = reader.ReadArrayHeader();
        int expected = HasPeras(version) ? 5 : 4;
        if (length != expected)
        {
            throw new CodecException($"the data of version {version} has {expected} elements, not {length}", 0);
        }

        var decoded = new NodeToNodeVersionData(reader.ReadUInt32(), reader.ReadBool(), ReadPeerSharing(ref reader), reader.ReadBool());
        if (HasPeras(version))
        {
            decoded = decoded with { PerasSupport = reader.ReadBool() };
        }

        reader.ReadEnd();
        return decoded;
    }

    /// <summary>The data as <paramref name="version"/> encodes it. Where the version has it, Peras support that is not set is none.</summary>
    /// <param name="version">14, 15 or 16.</param>
    /// <exception cref="ArgumentOutOfRangeException">The version is not known.</exception>
    public byte[] Encode(int version)
    {
        if (!NodeToNode.IsKnown(version))
        {
            throw new ArgumentOutOfRangeException(nameof(version), version, "Not a node-to-node version that is known.");
        }

        var output = new ArrayBufferWriter<byte>(16);
        var writer = new CborSpanWriter(output);
        writer.WriteArrayHeader(HasPeras(version) ? 5 : 4);
        writer.WriteUInt(Magic);
        writer.WriteBool(InitiatorOnly);
        writer.WriteUInt(PeerSharing ? 1u : 0u);
        writer.WriteBool(Query);
        if (HasPeras(version))
        {
            writer.WriteBool(PerasSupport ?? false);
        }

        return output.WrittenSpan.ToArray();
    }

    private static bool HasPeras(int version) => version >= NodeToNode.Version16;

    // A number on the wire, not a boolean.
    private static bool ReadPeerSharing(ref CborSpanReader reader)
    {
        int start = reader.Position;
        return reader.ReadUInt64() switch
        {
            0 => false,
            1 => true,
            var other => throw new CodecException($"{other} where peer sharing is 0 or 1", start),
        };
    }
}
