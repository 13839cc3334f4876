using System.Globalization;

namespace Reactive.Network.Chain;

/// <summary>The number that tells one network from another. Both ends of a connection must have the same.</summary>
/// <param name="Value">The number as the handshake carries it.</param>
public readonly record struct NetworkMagic(uint Value)
{
    private static readonly (string Name, NetworkMagic Magic)[] Names =
    [
        ("mainnet", new(764_824_073)),
        ("preprod", new(1)),
        ("preview", new(2)),
        ("sanchonet", new(4)),
    ];

    /// <summary>The Cardano main network.</summary>
    public static NetworkMagic Mainnet => new(764_824_073);

    /// <summary>The public test network that follows mainnet closely.</summary>
    public static NetworkMagic Preprod => new(1);

    /// <summary>The public test network for early features.</summary>
    public static NetworkMagic Preview => new(2);

    /// <summary>The public test network of Cardano governance.</summary>
    public static NetworkMagic Sanchonet => new(4);

    /// <summary>What networks on one machine use by convention.</summary>
    public static NetworkMagic Devnet => new(42);

    /// <summary>Reads <c>mainnet</c>, <c>preprod</c>, <c>preview</c>, <c>sanchonet</c> or a decimal number.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is none of these.</exception>
    public static NetworkMagic Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out NetworkMagic magic)
            ? magic
            : throw new FormatException($"'{text}' is neither the name of a network nor a number from 0 to {uint.MaxValue}.");
    }

    /// <summary>Reads a name (in any case) or a decimal number, if that is what stands there.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out NetworkMagic magic)
    {
        foreach ((string name, NetworkMagic known) in Names)
        {
            if (text.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                magic = known;
                return true;
            }
        }

        bool isNumber = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint value);
        magic = new NetworkMagic(value);
        return isNumber;
    }

    /// <summary>The name where the network has one, else the number.</summary>
    public override string ToString()
    {
        foreach ((string name, NetworkMagic known) in Names)
        {
            if (known == this)
            {
                return name;
            }
        }

        return Value.ToString(CultureInfo.InvariantCulture);
    }
}
