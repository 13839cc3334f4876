using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Reactive.Network.Chain;

namespace Rxnet.Output;

/// <summary>One JSON object a line: <c>{"event":NAME, …}</c>. Any thread.</summary>
internal sealed class JsonLines(StandardOutput output)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one event.</summary>
    /// <param name="name">Which.</param>
    /// <param name="fields">Writes the other fields.</param>
    public void Write(string name, Action<Utf8JsonWriter> fields)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("event", name);
            fields(json);
            json.WriteEndObject();
        }

        output.WriteLine(buffer.WrittenSpan);
    }
}

/// <summary>Fields that several events have.</summary>
internal static class JsonFields
{
    public static void WriteSlot(this Utf8JsonWriter json, Point point)
    {
        if (point.IsOrigin)
        {
            json.WriteNull("slot");
        }
        else
        {
            json.WriteNumber("slot", point.Slot);
        }
    }

    public static void WriteHash(this Utf8JsonWriter json, Point point) => json.WriteString("hash", point.IsOrigin ? null : point.Hash.ToString());

    public static void WritePoint(this Utf8JsonWriter json, Point point)
    {
        json.WriteSlot(point);
        json.WriteHash(point);
    }

    /// <summary>Why a connection ended, and whose fault that was; both null where the end was agreed on.</summary>
    public static void WriteCause(this Utf8JsonWriter json, Exception? cause)
    {
        Cause told = Cause.Of(cause);
        json.WriteString("cause", told.Text);
        json.WriteString("fault", told.Fault?.ToString());
    }
}
