namespace Reactive.Network.Internal;

/// <summary>
/// A stream of random draws that is a value of eight bytes: SplitMix64. Copying it copies the draws to come. A seeded <see cref="System.Random"/> costs some 330 bytes,
/// and a connection has a stream for each of its lanes.
/// </summary>
internal struct SeededRandom(int seed) : IEquatable<SeededRandom>
{
    private ulong _state = (uint)seed;

    /// <summary>The next 64 bits.</summary>
    public ulong Draw()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>The next number, 0 or more and less than 1.</summary>
    public double NextDouble() => (Draw() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Another stream, which starts from the next draw of this one.</summary>
    public SeededRandom Fork() => new((int)(Draw() >> 32));

    public readonly bool Equals(SeededRandom other) => _state == other._state;

    public override readonly bool Equals(object? obj) => obj is SeededRandom other && Equals(other);

    public override readonly int GetHashCode() => _state.GetHashCode();
}
