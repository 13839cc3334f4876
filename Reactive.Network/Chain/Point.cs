using System.Globalization;

namespace Reactive.Network.Chain;

/// <summary>A place on a chain: a block, by slot and hash, or origin, the place before the first block.</summary>
public readonly record struct Point
{
    private readonly bool _isBlock;

    /// <summary>The place of one block.</summary>
    public Point(ulong slot, BlockHash hash)
    {
        _isBlock = true;
        Slot = slot;
        Hash = hash;
    }

    /// <summary>The place before the first block: <c>default</c>.</summary>
    public static Point Origin => default;

    /// <summary>Whether this is the place before the first block.</summary>
    public bool IsOrigin => !_isBlock;

    /// <summary>The slot of the block; 0 for origin.</summary>
    public ulong Slot { get; }

    /// <summary>The hash of the block; all zero for origin.</summary>
    public BlockHash Hash { get; }

    /// <summary>Reads <c>origin</c> or <c>SLOT.HASH</c>.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is neither.</exception>
    public static Point Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out Point point)
            ? point
            : throw new FormatException($"'{text}' is neither 'origin' nor SLOT.HASH with a hash of 64 hexadecimal digits.");
    }

    /// <summary>Reads <c>origin</c> or <c>SLOT.HASH</c>, if that is what stands there.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Point point)
    {
        point = default;
        if (text.Equals("origin", StringComparison.Ordinal))
        {
            return true;
        }

        int dot = text.IndexOf('.');
        if (dot <= 0
            || !ulong.TryParse(text[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out ulong slot)
            || !BlockHash.TryParse(text[(dot + 1)..], out BlockHash hash))
        {
            return false;
        }

        point = new Point(slot, hash);
        return true;
    }

    /// <summary><c>origin</c> or <c>SLOT.HASH</c>.</summary>
    public override string ToString() => IsOrigin ? "origin" : string.Create(CultureInfo.InvariantCulture, $"{Slot}.{Hash}");
}
