namespace Reactive.Network.Peers.Governance;

/// <summary>A random stream that is a value: SplitMix64, whose state is one number. Copying it copies the draws to come.</summary>
public struct GovernorRandom : IEquatable<GovernorRandom>
{
    private ulong _state;

    /// <summary>The stream of a seed.</summary>
    public static GovernorRandom FromSeed(int seed)
    {
        var random = new GovernorRandom { _state = (uint)seed };
        random.Draw();
        return random;
    }

    /// <summary>The next number, 0 or more and less than 1.</summary>
    public double NextDouble() => (Draw() >> 11) * (1.0 / (1UL << 53));

    /// <summary>The next number between two others.</summary>
    public double NextBetween(double low, double high) => low + ((high - low) * NextDouble());

    /// <inheritdoc/>
    public readonly bool Equals(GovernorRandom other) => _state == other._state;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is GovernorRandom other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => _state.GetHashCode();

    /// <summary>Whether the same draws are to come.</summary>
    public static bool operator ==(GovernorRandom left, GovernorRandom right) => left.Equals(right);

    /// <summary>Whether other draws are to come.</summary>
    public static bool operator !=(GovernorRandom left, GovernorRandom right) => !left.Equals(right);

    private ulong Draw()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
