using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Reactive.Network.Chain;

/// <summary>The 32-byte Blake2b-256 hash that names a block.</summary>
[InlineArray(Size)]
public struct BlockHash : IEquatable<BlockHash>, IComparable<BlockHash>
{
    /// <summary>The length of a hash in bytes.</summary>
    public const int Size = 32;

    private byte _first;

    /// <summary>Copies a hash out of <paramref name="bytes"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 32 bytes long.</exception>
    public BlockHash(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"A block hash has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        }

        bytes.CopyTo(MemoryMarshal.CreateSpan(ref _first, Size));
    }

    /// <summary>Reads 64 hexadecimal digits.</summary>
    /// <exception cref="FormatException"><paramref name="hex"/> is not 64 hexadecimal digits.</exception>
    public static BlockHash Parse(string hex)
    {
        ArgumentNullException.ThrowIfNull(hex);
        return TryParse(hex, out BlockHash hash) ? hash : throw new FormatException($"'{hex}' is not {2 * Size} hexadecimal digits.");
    }

    /// <summary>Reads 64 hexadecimal digits, if that is what stands there.</summary>
    public static bool TryParse(ReadOnlySpan<char> hex, out BlockHash hash)
    {
        hash = default;
        return hex.Length == 2 * Size
            && Convert.FromHexString(hex, MemoryMarshal.CreateSpan(ref hash._first, Size), out _, out int written)
                == System.Buffers.OperationStatus.Done
            && written == Size;
    }

    /// <summary>The bytes, in place: valid as long as the variable it is called on.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> AsSpan() => MemoryMarshal.CreateReadOnlySpan(in _first, Size);

    /// <inheritdoc/>
    public readonly bool Equals(BlockHash other) => AsSpan().SequenceEqual(other.AsSpan());

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is BlockHash other && Equals(other);

    /// <summary>Four bytes of the hash: it is uniform already. Nothing in the library depends on the order this gives.</summary>
    public override readonly int GetHashCode() => MemoryMarshal.Read<int>(AsSpan());

    /// <inheritdoc/>
    public readonly int CompareTo(BlockHash other) => AsSpan().SequenceCompareTo(other.AsSpan());

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override readonly string ToString() => Convert.ToHexStringLower(AsSpan());

    /// <summary>Whether both name the same block.</summary>
    public static bool operator ==(BlockHash left, BlockHash right) => left.Equals(right);

    /// <summary>Whether they name different blocks.</summary>
    public static bool operator !=(BlockHash left, BlockHash right) => !left.Equals(right);

    /// <summary>Byte order.</summary>
    public static bool operator <(BlockHash left, BlockHash right) => left.CompareTo(right) < 0;

    /// <summary>Byte order.</summary>
    public static bool operator >(BlockHash left, BlockHash right) => left.CompareTo(right) > 0;

    /// <summary>Byte order.</summary>
    public static bool operator <=(BlockHash left, BlockHash right) => left.CompareTo(right) <= 0;

    /// <summary>Byte order.</summary>
    public static bool operator >=(BlockHash left, BlockHash right) => left.CompareTo(right) >= 0;
}
