using System.Globalization;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.LocalStateQuery;
using Rxnet.Commands;

namespace Rxnet.Querying;

/// <summary>Arguments of queries, as text.</summary>
internal static class QueryArguments
{
    private const int KeyHashBytes = 28;
    private const byte ScriptFlag = 0x10;

    /// <summary>An address: bech32, or hexadecimal digits.</summary>
    public static ReadOnlyMemory<byte> Address(string text) =>
        Bech32.TryDecode(text, out string prefix, out byte[] bytes) && prefix is "addr" or "addr_test" or "stake" or "stake_test" ? bytes : Hex(text, "an address");

    /// <summary>A pool: bech32, or the hash.</summary>
    public static KeyHash Pool(string text) =>
        Bech32.TryDecode(text, out string prefix, out byte[] bytes) && prefix == "pool" && bytes.Length == KeyHashBytes ? new KeyHash(bytes) : Hash(text, "a pool");

    /// <summary>A credential: a stake address in bech32, the hash of a key, or <c>script:</c> and the hash of a script.</summary>
    public static Credential Credential(string text)
    {
        const string Script = "script:";
        if (Bech32.TryDecode(text, out string prefix, out byte[] bytes) && prefix is "stake" or "stake_test" && bytes.Length == 1 + KeyHashBytes)
        {
            return new Credential(new KeyHash(bytes.AsSpan(1)), IsScript: (bytes[0] & ScriptFlag) != 0);
        }

        return text.StartsWith(Script, StringComparison.Ordinal)
            ? new Credential(Hash(text[Script.Length..], "a credential"), IsScript: true)
            : new Credential(Hash(text, "a credential"));
    }

    /// <summary>Where an output comes from: the transaction's id, <c>#</c>, a number.</summary>
    public static TransactionInput Input(string text)
    {
        int hash = text.IndexOf('#', StringComparison.Ordinal);
        return hash == 2 * BlockHash.Size
            && ulong.TryParse(text.AsSpan(hash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ulong index)
            && text[..hash].All(char.IsAsciiHexDigit)
            ? new TransactionInput(BlockHash.Parse(text[..hash]), index)
            : throw new UsageException($"'{text}' is not ID#INDEX");
    }

    public static Era Era(string text) => EraNames.TryParse(text, out Era era) ? era : throw new UsageException($"'{text}' is no era: {EraNames.List}");

    /// <summary>One CBOR item in hexadecimal digits.</summary>
    public static ReadOnlyMemory<byte> Cbor(string text)
    {
        byte[] bytes = Hex(text, "CBOR in hexadecimal digits");
        try
        {
            var reader = new CborSpanReader(bytes);
            reader.SkipItem();
            reader.ReadEnd();
            return bytes;
        }
        catch (CodecException error)
        {
            throw new UsageException($"'{text}' is not one CBOR item: {error.Message}");
        }
    }

    private static KeyHash Hash(string text, string what)
    {
        byte[] bytes = Hex(text, what);
        return bytes.Length == KeyHashBytes ? new KeyHash(bytes) : throw new UsageException($"'{text}' is not {what}: {KeyHashBytes} bytes");
    }

    private static byte[] Hex(string text, string what) => text.Length > 0 && text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit)
        ? Convert.FromHexString(text)
        : throw new UsageException($"'{text}' is not {what}");
}
