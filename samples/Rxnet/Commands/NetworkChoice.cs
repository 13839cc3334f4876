using Reactive.Network.Chain;

namespace Rxnet.Commands;

/// <summary>What <c>--network</c> says: a name or a number, which is not the same where access points are looked for.</summary>
internal sealed record NetworkChoice(NetworkMagic Magic, bool IsName)
{
    public static NetworkChoice Mainnet { get; } = new(NetworkMagic.Mainnet, true);

    public static bool TryParse(string text, out NetworkChoice choice)
    {
        bool isKnown = NetworkMagic.TryParse(text, out NetworkMagic magic);
        choice = new NetworkChoice(magic, isKnown && !char.IsAsciiDigit(text[0]));
        return isKnown;
    }
}
