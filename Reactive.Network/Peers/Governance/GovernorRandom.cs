using Reactive.Network.Internal;

namespace Reactive.Network.Peers.Governance;

/// <summary>A random stream that is a value: SplitMix64, whose state is one number. Copying it copies the draws to come.</summary>
public struct GovernorRandom : IEquatable<GovernorRandom>
{
    private SeededRandom _stream;

    /// <summary>The stream of a seed.</summary>
    public static GovernorRandom FromSeed(int seed)
    {
        var random = new GovernorRandom { _stream = new SeededRandom(seed) };
        random._stream.Draw();
        return random;
    }

    /// <summary>The next number, 0 or more and less than 1.</summary>
    public double NextDouble() => _stream.NextDouble();

    /// <summary>The next number between two others.</summary>
    public double NextBetween(double low, double high) => low + ((high - low) * NextDouble());

    /// <inheritdoc/>
    public readonly bool Equals(GovernorRandom other) => _stream.Equals(other._stream);

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is GovernorRandom other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => _stream.GetHashCode();

    /// <summary>Whether the same draws are to come.</summary>
    public static bool operator ==(GovernorRandom left, GovernorRandom right) => left.Equals(right);

    /// <summary>Whether other draws are to come.</summary>
    public static bool operator !=(GovernorRandom left, GovernorRandom right) => !left.Equals(right);
}
