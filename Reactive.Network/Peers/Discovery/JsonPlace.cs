using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Reactive.Network.Peers.Discovery;

/// <summary>A value in a JSON file that knows where it stands, so that whatever is wrong with it can be said with file and place.</summary>
/// <param name="File">The file.</param>
/// <param name="Path">The JSON path.</param>
/// <param name="Value">What stands there.</param>
internal readonly record struct JsonPlace(string File, string Path, JsonElement Value)
{
    /// <summary>Nesting beyond this is refused by the parser; the files need five levels.</summary>
    private const int MaxDepth = 32;

    private static readonly SearchValues<char> NotInNames = SearchValues.Create(" \t\r\n[]/:@");

    /// <summary>Parses a file and hands its root to <paramref name="read"/>.</summary>
    /// <exception cref="TopologyException">No JSON, or what <paramref name="read"/> throws.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> json, string file, Func<JsonPlace, T> read)
    {
        try
        {
            // A byte order mark is allowed by editors, not by the parser.
            ReadOnlyMemory<byte> text = json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return read(new JsonPlace(file, "$", document.RootElement));
        }
        catch (JsonException e)
        {
            string place = string.Create(CultureInfo.InvariantCulture, $"line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
            throw new TopologyException(file, place, "not JSON", e);
        }
    }

    public bool IsMissing => Value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    /// <summary>A key of an object: <see cref="IsMissing"/> where it is absent or null.</summary>
    public JsonPlace this[string key]
    {
        get
        {
            if (Value.ValueKind != JsonValueKind.Object)
            {
                throw Wrong("an object");
            }

            return new JsonPlace(File, $"{Path}.{key}", Value.TryGetProperty(key, out JsonElement value) ? value : default);
        }
    }

    public ImmutableArray<T> Items<T>(Func<JsonPlace, T> read)
    {
        if (Value.ValueKind != JsonValueKind.Array)
        {
            throw Wrong("an array");
        }

        ImmutableArray<T>.Builder items = ImmutableArray.CreateBuilder<T>(Value.GetArrayLength());
        foreach (JsonElement item in Value.EnumerateArray())
        {
            items.Add(read(new JsonPlace(File, string.Create(CultureInfo.InvariantCulture, $"{Path}[{items.Count}]"), item)));
        }

        return items.MoveToImmutable();
    }

    public bool Flag(bool otherwise) => Value.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => otherwise,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong("true or false"),
    };

    public string Text() => Value.ValueKind == JsonValueKind.String ? Value.GetString()! : throw Wrong("a string");

    public long Integer(long min, long max) =>
        Value.ValueKind == JsonValueKind.Number && Value.TryGetInt64(out long number) && number >= min && number <= max
            ? number
            : throw Wrong(string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"));

    public double Fraction() =>
        Value.ValueKind == JsonValueKind.Number && Value.TryGetDouble(out double number) && number is >= 0 and <= 1
            ? number
            : throw Wrong("a number from 0 to 1");

    /// <summary>An object with <c>address</c> and <c>port</c>.</summary>
    public AccessPoint AccessPoint()
    {
        JsonPlace address = this["address"];
        JsonPlace port = this["port"];
        string host = address.Text();
        int? number = port.IsMissing ? null : (int)port.Integer(1, IPEndPoint.MaxPort);
        if (IPAddress.TryParse(host, out IPAddress? ip))
        {
            if (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))
            {
                throw address.Wrong("the address of a peer, not of all interfaces");
            }

            return number is null ? throw port.Wrong("a port: only names have SRV records") : new AccessPoint(ip.ToString(), number);
        }

        return IsName(host) ? new AccessPoint(host, number) : throw address.Wrong("an IP address or a name");
    }

    public TopologyException Wrong(string expected) =>
        new(File, Path, IsMissing ? $"missing: {expected} is expected" : $"{expected} is expected, not {Shown()}");

    private static bool IsName(string host) =>
        host.Length is > 0 and <= 253 && !host.AsSpan().ContainsAny(NotInNames) && host.Split('.') is var labels
        && labels.Select((label, i) => label.Length is > 0 and <= 63 || (label.Length == 0 && i == labels.Length - 1 && i > 0)).All(static ok => ok);

    private string Shown()
    {
        string raw = Value.GetRawText();
        return raw.Length <= 60 ? raw : raw[..57] + "...";
    }
}
