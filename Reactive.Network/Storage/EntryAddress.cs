namespace Reactive.Network.Storage;

/// <summary>The place of a block in the index of a directory: chunk, and number of the entry in it.</summary>
internal readonly record struct EntryAddress(int Chunk, int Index) : IComparable<EntryAddress>
{
    /// <summary>Behind this one in the same chunk, whether an entry is there or not.</summary>
    public EntryAddress Next => new(Chunk, Index + 1);

    public int CompareTo(EntryAddress other) => Chunk != other.Chunk ? Chunk.CompareTo(other.Chunk) : Index.CompareTo(other.Index);

    public static bool operator <(EntryAddress left, EntryAddress right) => left.CompareTo(right) < 0;

    public static bool operator >(EntryAddress left, EntryAddress right) => left.CompareTo(right) > 0;

    public static bool operator <=(EntryAddress left, EntryAddress right) => left.CompareTo(right) <= 0;

    public static bool operator >=(EntryAddress left, EntryAddress right) => left.CompareTo(right) >= 0;
}
