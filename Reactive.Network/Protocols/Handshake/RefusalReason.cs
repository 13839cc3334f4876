namespace Reactive.Network.Protocols.Handshake;

/// <summary>Why a handshake was refused. The set is closed: these cases are all there are.</summary>
public abstract record RefusalReason
{
    private RefusalReason()
    {
    }

    /// <summary>No version in common.</summary>
    /// <param name="Supported">What the refusing side supports.</param>
    public sealed record VersionMismatch(IReadOnlyList<int> Supported) : RefusalReason
    {
        /// <summary>The same versions in the same order.</summary>
        public bool Equals(VersionMismatch? other) => other is not null && Supported.SequenceEqual(other.Supported);

        /// <inheritdoc/>
        public override int GetHashCode() => Supported.Count == 0 ? 0 : HashCode.Combine(Supported.Count, Supported[0], Supported[^1]);

        /// <inheritdoc/>
        public override string ToString() => $"no common version; supported: {string.Join(", ", Supported)}";
    }

    /// <summary>The data of the greatest common version is not what that version prescribes.</summary>
    /// <param name="Version">The greatest common version.</param>
    /// <param name="Text">What the refusing side says about it.</param>
    public sealed record HandshakeDecodeError(int Version, string Text) : RefusalReason
    {
        /// <inheritdoc/>
        public override string ToString() => $"data of version {Version} not understood: {Text}";
    }

    /// <summary>The data of the greatest common version does not fit: another network, mostly.</summary>
    /// <param name="Version">The greatest common version.</param>
    /// <param name="Text">What the refusing side says about it.</param>
    public sealed record Refused(int Version, string Text) : RefusalReason
    {
        /// <inheritdoc/>
        public override string ToString() => $"version {Version} refused: {Text}";
    }
}
