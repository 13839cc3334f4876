using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Rxnet.Local;

namespace Rxnet.Commands;

/// <summary>Options that several commands have, each read and checked in one way.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Print one JSON object a line." };

    public static Option<NetworkChoice?> Network(string names, string defaultsTo) => new("--network")
    {
        Description = $"The network: {names} or its magic number. {defaultsTo}",
        HelpName = "NETWORK",
        CustomParser = Parser<NetworkChoice?>(
            static (text, out value) =>
            {
                bool isRead = NetworkChoice.TryParse(text, out NetworkChoice choice);
                value = choice;
                return isRead;
            },
            "neither the name of a network nor a magic number from 0 to 4294967295"),
    };

    public static Option<int?> Count(string description) => Whole("--count", description);

    /// <summary>A whole number of 1 or more.</summary>
    public static Option<int?> Whole(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = Parser<int?>(
            static (text, out value) =>
            {
                bool isRead = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0;
                value = count;
                return isRead;
            },
            "not a whole number of 1 or more"),
    };

    public static Option<TimeSpan?> Seconds(string description, string name = "--seconds") => new(name)
    {
        Description = description,
        HelpName = "S",
        CustomParser = Parser<TimeSpan?>(
            static (text, out value) =>
            {
                bool isRead = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
                    && seconds is > 0 and <= 86_400 * 365;
                value = TimeSpan.FromSeconds(isRead ? seconds : 0);
                return isRead;
            },
            "not a number of seconds above 0"),
    };

    /// <summary>A point that is a block.</summary>
    public static Option<Point> BlockPoint(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "SLOT.HASH",
        Required = true,
        CustomParser = Parser(
            static (string text, out Point value) => Point.TryParse(text, out value) && !value.IsOrigin,
            "not SLOT.HASH with a hash of 64 hexadecimal digits"),
    };

    public static Option<PeerAddress> Peer(string description) => new("--peer")
    {
        Description = description,
        HelpName = "HOST:PORT",
        Required = true,
        CustomParser = Parser<PeerAddress>(TryReadPeer, NotAPeer),
    };

    public static Option<PeerAddress[]> Peers(string description) => new("--peer")
    {
        Description = description,
        HelpName = "HOST:PORT",
        DefaultValueFactory = static _ => [],
        CustomParser = result => [.. result.Tokens.Select(token => Read<PeerAddress>(result, token.Value, TryReadPeer, NotAPeer))],
    };

    public static Option<string?> Topology() => new("--topology")
    {
        Description = "A topology.json of cardano-node (P2P) that names peers. It is watched: changes count at once.",
        HelpName = "FILE",
    };

    /// <summary>The path of a Unix socket.</summary>
    public static Option<string?> Socket(string description, bool isRequired = false) => new("--socket")
    {
        Description = description,
        HelpName = "PATH",
        Required = isRequired,
        CustomParser = Parser<string?>(
            static (text, out value) =>
            {
                value = text;
                return LocalNode.IsPath(text);
            },
            $"no path of a socket: 1 to {LocalNode.MaxPathBytes} bytes"),
    };

    /// <summary>The path of a file, which is looked for when it is opened.</summary>
    public static Argument<string> FileArgument(string description) => new("FILE")
    {
        Description = description,
        CustomParser = Parser<string>(TryReadFile, NotAFile),
    };

    /// <summary>The same as an option.</summary>
    public static Option<string?> FileOption(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "FILE",
        CustomParser = Parser<string?>(TryReadFile, NotAFile),
    };

    public static Argument<PeerAddress> PeerArgument(string description) => new("HOST:PORT")
    {
        Description = description,
        CustomParser = Parser<PeerAddress>(TryReadPeer, NotAPeer),
    };

    public static Argument<PeerAddress[]> PeerArguments(string description) => new("HOST:PORT")
    {
        Description = description,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => [.. result.Tokens.Select(token => Read<PeerAddress>(result, token.Value, TryReadPeer, NotAPeer))],
    };

    /// <summary>An address, or the path of a Unix socket.</summary>
    public static Option<Endpoint?> EndpointOption(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "HOST:PORT|SOCKET",
        CustomParser = Parser<Endpoint?>(
            static (text, out value) =>
            {
                bool isRead = Endpoint.TryParse(text, out Endpoint endpoint);
                value = endpoint;
                return isRead;
            },
            Endpoint.NotOne),
    };

    /// <summary>Reads the one token an option has; what does not read is wrong usage.</summary>
    public static Func<ArgumentResult, T?> Parser<T>(TryRead<T> tryRead, string problem) => result => Read(result, result.Tokens[0].Value, tryRead, problem);

    private const string NotAFile = "no name of a file";

    private const string NotAPeer = "not HOST:PORT with a port from 1 to 65535";

    private static bool TryReadFile(string text, out string value)
    {
        value = text;
        return text.Length > 0;
    }

    private static bool TryReadPeer(string text, out PeerAddress address) => PeerAddress.TryParse(text, out address) && address.Port > 0;

    private static T Read<T>(ArgumentResult result, string text, TryRead<T> tryRead, string problem)
    {
        if (!tryRead(text, out T value))
        {
            result.AddError($"'{text}' is {problem}");
        }

        return value;
    }
}

/// <summary>Reads a value, if that is what stands there.</summary>
internal delegate bool TryRead<T>(string text, out T value);
