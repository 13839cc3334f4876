namespace Reactive.Network.Chain;

/// <summary>
/// Blake2b with 32 bytes of output and no key (RFC 7693): the hash of headers and bodies.
/// </summary>
/// <remarks>
/// Our own because no maintained package has it; one would replace this file and the two it uses. Works on four 64-bit words at a time where
/// the machine has AVX2, else on single words: both are checked against the vectors of RFC 7693.
/// </remarks>
public static class Blake2b256
{
    /// <summary>The hash of <paramref name="bytes"/>.</summary>
    public static BlockHash Hash(ReadOnlySpan<byte> bytes)
    {
        var state = new Blake2b256State();
        state.Append(bytes);
        return state.Finish();
    }

    /// <summary>Writes the hash of <paramref name="bytes"/> to the first 32 bytes of <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public static void Hash(ReadOnlySpan<byte> bytes, Span<byte> destination)
    {
        if (destination.Length < BlockHash.Size)
        {
            throw new ArgumentException($"A hash needs {BlockHash.Size} bytes, not {destination.Length}.", nameof(destination));
        }

        Hash(bytes).AsSpan().CopyTo(destination);
    }

    /// <summary>The hash of two pieces, one behind the other: as the Byron hashes need, whose prefix is not on the wire.</summary>
    internal static BlockHash HashOfBoth(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var state = new Blake2b256State();
        state.Append(first);
        state.Append(second);
        return state.Finish();
    }
}
