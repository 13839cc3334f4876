using System.Formats.Cbor;
using System.Globalization;
using System.Text;

namespace Reactive.Network.Cbor;

/// <summary>CBOR as people read it: the diagnostic notation of RFC 8949, section 8. The same bytes always give the same text.</summary>
public static class CborDiagnostic
{
    /// <summary>As deep as an item off the wire can be; deeper ones are cut.</summary>
    private const int MaxDepth = 64;

    /// <summary>The text of one whole item.</summary>
    /// <exception cref="CodecException">The bytes are not one whole item.</exception>
    public static string Format(ReadOnlyMemory<byte> item)
    {
        var text = new StringBuilder();
        try
        {
            var reader = new CborReader(item, CborConformanceMode.Lax);
            Append(text, reader, MaxDepth);
            if (reader.BytesRemaining > 0)
            {
                throw new CodecException("bytes behind the end of an item", item.Length - reader.BytesRemaining);
            }
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or OverflowException or FormatException)
        {
            throw new CodecException("not one item of CBOR", inner: e);
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, CborReader reader, int depth)
    {
        if (depth == 0)
        {
            text.Append("...");
            reader.SkipValue();
            return;
        }

        switch (reader.PeekState())
        {
            case CborReaderState.StartArray:
                AppendMany(text, reader.ReadStartArray(), '[', ']', () => reader.PeekState() == CborReaderState.EndArray, () => Append(text, reader, depth - 1));
                reader.ReadEndArray();
                break;
            case CborReaderState.StartMap:
                AppendMany(text, reader.ReadStartMap(), '{', '}', () => reader.PeekState() == CborReaderState.EndMap, () =>
                {
                    Append(text, reader, depth - 1);
                    text.Append(": ");
                    Append(text, reader, depth - 1);
                });
                reader.ReadEndMap();
                break;
            case CborReaderState.Tag:
                text.Append(CultureInfo.InvariantCulture, $"{(ulong)reader.ReadTag()}(");
                Append(text, reader, depth - 1);
                text.Append(')');
                break;
            default:
                AppendLeaf(text, reader);
                break;
        }
    }

    private static void AppendMany(StringBuilder text, int? count, char open, char close, Func<bool> isEnd, Action next)
    {
        text.Append(open).Append(count is null ? "_ " : "");
        for (bool first = true; !isEnd(); first = false)
        {
            text.Append(first ? "" : ", ");
            next();
        }

        text.Append(close);
    }

    private static void AppendLeaf(StringBuilder text, CborReader reader)
    {
        switch (reader.PeekState())
        {
            case CborReaderState.UnsignedInteger:
                text.Append(CultureInfo.InvariantCulture, $"{reader.ReadUInt64()}");
                break;
            case CborReaderState.NegativeInteger:
                text.Append(CultureInfo.InvariantCulture, $"{-1 - (Int128)reader.ReadCborNegativeIntegerRepresentation()}");
                break;
            case CborReaderState.ByteString or CborReaderState.StartIndefiniteLengthByteString:
                text.Append(CultureInfo.InvariantCulture, $"h'{Convert.ToHexStringLower(reader.ReadByteString())}'");
                break;
            case CborReaderState.TextString or CborReaderState.StartIndefiniteLengthTextString:
                AppendText(text, reader.ReadTextString());
                break;
            case CborReaderState.Boolean:
                text.Append(reader.ReadBoolean() ? "true" : "false");
                break;
            case CborReaderState.Null:
                reader.ReadNull();
                text.Append("null");
                break;
            case CborReaderState.SimpleValue:
                CborSimpleValue simple = reader.ReadSimpleValue();
                text.Append(simple == CborSimpleValue.Undefined ? "undefined" : string.Create(CultureInfo.InvariantCulture, $"simple({(int)simple})"));
                break;
            default:
                text.Append(CultureInfo.InvariantCulture, $"{reader.ReadDouble():R}");
                break;
        }
    }

    // What comes off the wire goes to terminals: control characters are escaped, as in JSON.
    private static void AppendText(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (char c in value)
        {
            switch (c)
            {
                case '"' or '\\':
                    text.Append('\\').Append(c);
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\r':
                    text.Append("\\r");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                default:
                    if (char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format)
                    {
                        text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    }
                    else
                    {
                        text.Append(c);
                    }

                    break;
            }
        }

        text.Append('"');
    }
}
