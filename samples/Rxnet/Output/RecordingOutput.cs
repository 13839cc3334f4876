using System.Globalization;
using Reactive.Network.Multiplexing;
using Reactive.Network.Recording;

namespace Rxnet.Output;

/// <summary>What <c>replay</c> prints of a recording: a line an entry, and a line a message.</summary>
internal sealed class RecordingOutput(StandardOutput output, bool asJson)
{
    /// <summary>A text longer than this is cut: a block as text is twice its bytes.</summary>
    private const int MaxTextLength = 160;

    private readonly JsonLines _lines = new(output);
    private readonly Dictionary<int, CapturedConversation> _conversations = [];

    public void Print(CaptureRecord record)
    {
        switch (record)
        {
            case CaptureRecord.Opened opened:
                Line(record, "opened", opened.Name);
                break;
            case CaptureRecord.Closed closed:
                _conversations.Remove(record.Connection);
                Line(record, "closed", $"{(closed.By is { } side ? "by the " + Name(side) : "by nobody")}{(closed.Cause is null ? "" : ": " + closed.Cause)}");
                break;
            case CaptureRecord.Remainder remainder:
                Line(record, "remainder", string.Create(CultureInfo.InvariantCulture, $"{Name(remainder.Sender)}: {remainder.Bytes.Length} bytes of an SDU that never became whole"));
                break;
            case CaptureRecord.Sdu sdu:
                Print(sdu);
                break;
        }
    }

    public void CutOff()
    {
        if (asJson)
        {
            _lines.Write("cutOff", static _ => { });
        }
        else
        {
            output.WriteLine("the recording is cut off here");
        }
    }

    private static string Name(CaptureSide side) => side == CaptureSide.Client ? "client" : "server";

    private void Print(CaptureRecord.Sdu sdu)
    {
        if (!_conversations.TryGetValue(sdu.Connection, out CapturedConversation? conversation))
        {
            _conversations[sdu.Connection] = conversation = new CapturedConversation();
        }

        foreach (CapturedConversation.Said said in conversation.Take(sdu))
        {
            string protocol = said.Protocol;
            string text = said.Text.Length <= MaxTextLength ? said.Text : said.Text[..MaxTextLength] + "...";
            if (asJson)
            {
                _lines.Write("message", json =>
                {
                    json.WriteNumber("connection", sdu.Connection);
                    json.WriteNumber("atMs", Math.Round(sdu.At.TotalMilliseconds, 3));
                    json.WriteString("from", Name(sdu.Sender));
                    json.WriteString("protocol", protocol);
                    json.WriteString("half", sdu.Header.Sender == SduSender.Initiator ? "client" : "server");
                    json.WriteString("message", said.Kind);
                    json.WriteNumber("bytes", said.Bytes);
                    json.WriteString("text", text);
                });
            }
            else
            {
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{sdu.Connection} {sdu.At.TotalSeconds,12:0.000000} {Name(sdu.Sender)} {protocol,-18} {said.Bytes,7} bytes  {text}"));
            }
        }
    }

    private void Line(CaptureRecord record, string name, string text)
    {
        if (asJson)
        {
            _lines.Write(name, json =>
            {
                json.WriteNumber("connection", record.Connection);
                json.WriteNumber("atMs", Math.Round(record.At.TotalMilliseconds, 3));
                json.WriteString("text", text);
            });
        }
        else
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{record.Connection} {record.At.TotalSeconds,12:0.000000} {name} {text}"));
        }
    }
}
