namespace Rxnet.Querying;

/// <summary>Bech32 (BIP 173), as addresses and pools are written. Cardano's addresses are longer than the 90 characters of the standard.</summary>
internal static class Bech32
{
    private const string Digits = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const int ChecksumDigits = 6;
    private const int MaxLength = 1_000;

    private static readonly uint[] Generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

    /// <summary>Reads it, if it is bech32 with a right checksum, all small letters or all large.</summary>
    public static bool TryDecode(string text, out string prefix, out byte[] bytes)
    {
        prefix = "";
        bytes = [];
        string small = text.ToLowerInvariant();
        int one = small.LastIndexOf('1');
        if (text.Length > MaxLength || (text.Any(char.IsAsciiLetterUpper) && text.Any(char.IsAsciiLetterLower)) || one < 1 || one + 1 + ChecksumDigits > small.Length
            || small[..one].Any(static letter => letter is < '!' or > '~'))
        {
            return false;
        }

        int[] values = [.. small[(one + 1)..].Select(static digit => Digits.IndexOf(digit, StringComparison.Ordinal))];
        if (values.Contains(-1) || Checksum([.. small[..one].Select(static c => c >> 5), 0, .. small[..one].Select(static c => c & 31), .. values]) != 1)
        {
            return false;
        }

        prefix = small[..one];
        return TryPack(values.AsSpan(..^ChecksumDigits), out bytes);
    }

    private static uint Checksum(IEnumerable<int> values)
    {
        uint sum = 1;
        foreach (int value in values)
        {
            uint top = sum >> 25;
            sum = ((sum & 0x1ffffff) << 5) ^ (uint)value;
            for (int bit = 0; bit < Generator.Length; bit++)
            {
                sum ^= ((top >> bit) & 1) != 0 ? Generator[bit] : 0;
            }
        }

        return sum;
    }

    /// <summary>Groups of five bits to bytes; what is over must be zeros, and fewer than a group.</summary>
    private static bool TryPack(ReadOnlySpan<int> values, out byte[] bytes)
    {
        bytes = new byte[values.Length * 5 / 8];
        int buffer = 0;
        int bits = 0;
        int next = 0;
        foreach (int value in values)
        {
            buffer = ((buffer << 5) | value) & 0xfff;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                bytes[next++] = (byte)(buffer >> bits);
            }
        }

        return bits < 5 && (buffer & ((1 << bits) - 1)) == 0;
    }
}
