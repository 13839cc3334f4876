using System.Text;
using System.Text.Json;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;

namespace Rxnet.Local;

/// <summary>A transaction in a file, as tools write it: CBOR bytes, their hexadecimal digits, or the text envelope of cardano-cli.</summary>
/// <param name="Bytes"><c>[body, witnesses, …]</c>.</param>
/// <param name="Era">The era that the envelope names; <see langword="null"/> where nothing does.</param>
internal sealed record TransactionFile(ReadOnlyMemory<byte> Bytes, Era? Era)
{
    /// <summary>More than any ledger takes: what is larger is no transaction.</summary>
    private const int MaxBytes = 1024 * 1024;

    /// <summary>Reads <paramref name="path"/>, or standard input where that is <c>-</c>.</summary>
    /// <exception cref="IOException">It cannot be read, or is no transaction; the message says where and why.</exception>
    public static async Task<TransactionFile> ReadAsync(string path, CancellationToken stop)
    {
        string name = path == "-" ? "standard input" : path;
        Stream stream = path == "-" ? Console.OpenStandardInput() : Open(path);
        byte[] buffer = new byte[(2 * MaxBytes) + 4096];
        int length;
        await using (stream.ConfigureAwait(false))
        {
            length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, stop).ConfigureAwait(false);
        }

        return Parse(buffer.AsMemory(0, length), name);
    }

    /// <summary>Makes something of what was read.</summary>
    /// <exception cref="IOException">It is no transaction.</exception>
    public static TransactionFile Parse(ReadOnlyMemory<byte> content, string name)
    {
        (ReadOnlyMemory<byte> bytes, Era? era) = Unwrap(content, name);
        if (bytes.Length > MaxBytes)
        {
            throw new IOException($"{name}: not a transaction: larger than {MaxBytes} bytes");
        }

        try
        {
            var reader = new CborSpanReader(bytes.Span);
            if (reader.ReadArrayHeaderOrIndefinite() is 0 or 1)
            {
                throw new CodecException("a transaction is [body, witnesses, …]", 0);
            }

            reader = new CborSpanReader(bytes.Span);
            reader.SkipItem();
            reader.ReadEnd();
        }
        catch (CodecException error)
        {
            throw new IOException($"{name}: not a transaction: {error.Message}", error);
        }

        return new TransactionFile(bytes, era);
    }

    private static FileStream Open(string path)
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"{path}: no such file", error);
        }
    }

    private static (ReadOnlyMemory<byte> Bytes, Era? Era) Unwrap(ReadOnlyMemory<byte> content, string name)
    {
        ReadOnlySpan<byte> text = content.Span.Trim(" \t\r\n"u8);
        if (text.Length > 0 && text[0] == '{')
        {
            return FromEnvelope(content, name);
        }

        // The first byte of an array is no digit, so bytes are never taken for text.
        return text.Length > 0 && char.IsAsciiHexDigit((char)text[0]) ? (FromHex(Encoding.ASCII.GetString(text), name), null) : (content.ToArray(), null);
    }

    private static (ReadOnlyMemory<byte> Bytes, Era? Era) FromEnvelope(ReadOnlyMemory<byte> content, string name)
    {
        try
        {
            using JsonDocument envelope = JsonDocument.Parse(content);
            if (envelope.RootElement.TryGetProperty("cborHex", out JsonElement hex) && hex.GetString() is { } digits)
            {
                string type = envelope.RootElement.TryGetProperty("type", out JsonElement said) ? said.GetString() ?? "" : "";
                return (FromHex(digits, name), EraIn(type));
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new IOException($"{name}: not a transaction: JSON that is no text envelope", error);
        }

        throw new IOException($"{name}: not a transaction: an envelope without cborHex");
    }

    /// <summary>The era in <c>Witnessed Tx ConwayEra</c>, or in what older tools write.</summary>
    private static Era? EraIn(string type)
    {
        string word = type.Split(' ').LastOrDefault(static word => word.EndsWith("Era", StringComparison.Ordinal)) ?? "";
        return word.Length > 3 && Enum.TryParse(word[..^3], out Era era) && Enum.IsDefined(era) ? era : null;
    }

    private static byte[] FromHex(string digits, string name)
    {
        try
        {
            return Convert.FromHexString(digits);
        }
        catch (FormatException error)
        {
            throw new IOException($"{name}: not a transaction: not all of it is pairs of hexadecimal digits", error);
        }
    }
}
