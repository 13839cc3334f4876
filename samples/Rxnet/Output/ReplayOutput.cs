using System.Globalization;
using System.Text.Json;
using Reactive.Network.Multiplexing;
using Reactive.Network.Recording;

namespace Rxnet.Output;

/// <summary>What <c>replay --as</c> tells.</summary>
internal sealed class ReplayOutput(StandardOutput output, bool asJson)
{
    private readonly JsonLines _lines = new(output);

    public void Listening(string address)
    {
        if (asJson)
        {
            _lines.Write("listening", json => json.WriteString("address", address));
        }
        else
        {
            output.WriteLine($"listening on {address}");
        }
    }

    public void Report(ReplayReport report)
    {
        if (asJson)
        {
            _lines.Write("replayed", json =>
            {
                json.WriteNumber("sent", report.Sent);
                json.WriteNumber("matched", report.Matched);
                json.WriteNumber("extra", report.Extra);
                json.WriteBoolean("cutOff", report.IsCutOff);
                WriteDifference(json, report.Difference);
            });
            return;
        }

        if (report.Difference is { } difference)
        {
            output.WriteLine($"first difference: {difference}");
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{(report.Difference is null ? "no difference" : "ended there")}: {report.Sent} messages sent, {report.Matched} received as recorded, {report.Extra} more{(report.IsCutOff ? "; the recording is cut off" : "")}"));
    }

    private static void WriteDifference(Utf8JsonWriter json, ReplayDifference? difference)
    {
        if (difference is null)
        {
            json.WriteNull("difference");
            return;
        }

        json.WriteStartObject("difference");
        string kind = difference.Kind.ToString();
        json.WriteString("kind", char.ToLowerInvariant(kind[0]) + kind[1..]);
        json.WriteString("protocol", difference.Protocol is null ? null : difference.ProtocolName);
        json.WriteString("half", difference.Sender == SduSender.Initiator ? "client" : "server");
        json.WriteNumber("number", difference.Number);
        json.WriteString("expected", difference.Expected);
        json.WriteString("received", difference.Received);
        json.WriteString("cause", Cause.Of(difference.Cause).Text);
        json.WriteEndObject();
    }
}
