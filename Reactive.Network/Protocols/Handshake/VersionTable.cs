using System.Collections;

namespace Reactive.Network.Protocols.Handshake;

/// <summary>The versions that one side offers, each with its data.</summary>
/// <remarks>
/// A table that was received holds every entry in the order received, those of unknown versions too: they are skipped in negotiation,
/// whatever their data is. A table made here is strictly ascending, as the reference sends it.
/// </remarks>
public sealed class VersionTable : IReadOnlyList<VersionEntry>, IEquatable<VersionTable>
{
    private readonly VersionEntry[] _entries;

    /// <summary>A table to send.</summary>
    /// <param name="entries">Strictly ascending by version.</param>
    /// <exception cref="ArgumentException">The versions do not ascend, or one is negative.</exception>
    public VersionTable(IEnumerable<VersionEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        _entries = [.. entries];
        int previous = -1;
        foreach (VersionEntry entry in _entries)
        {
            if (entry.Version <= previous)
            {
                throw new ArgumentException($"Versions must ascend: {entry.Version} stands after {previous}.", nameof(entries));
            }

            previous = entry.Version;
        }
    }

    private VersionTable(VersionEntry[] received) => _entries = received;

    /// <inheritdoc/>
    public int Count => _entries.Length;

    /// <inheritdoc/>
    public VersionEntry this[int index] => _entries[index];

    /// <summary>The entry of <paramref name="version"/>, if the table has one. Unknown versions may stand twice: the first counts.</summary>
    public bool TryGet(int version, out VersionEntry entry)
    {
        foreach (VersionEntry candidate in _entries)
        {
            if (candidate.Version == version)
            {
                entry = candidate;
                return true;
            }
        }

        entry = default;
        return false;
    }

    /// <inheritdoc/>
    public IEnumerator<VersionEntry> GetEnumerator() => ((IEnumerable<VersionEntry>)_entries).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => _entries.GetEnumerator();

    /// <summary>The same entries in the same order.</summary>
    public bool Equals(VersionTable? other) => other is not null && _entries.AsSpan().SequenceEqual(other._entries);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as VersionTable);

    /// <inheritdoc/>
    public override int GetHashCode() => _entries.Length == 0 ? 0 : HashCode.Combine(_entries.Length, _entries[0], _entries[^1]);

    /// <summary>The entries, version and data.</summary>
    public override string ToString() => string.Join(", ", _entries);

    /// <summary>A table as it came in: the codec has checked what order there must be.</summary>
    internal static VersionTable FromWire(VersionEntry[] entries) => new(entries);
}
