using System.Globalization;
using Reactive.Network.Chain;
using Rxnet.Following;

namespace Rxnet.Output;

/// <summary>What <c>tip</c> tells.</summary>
internal sealed class TipOutput(StandardOutput output, bool asJson)
{
    private readonly JsonLines _lines = new(output);

    /// <summary>One peer, with what it is behind.</summary>
    public void Write(TipBoard.Row row, ulong? behind)
    {
        if (row.Tip is { } tip)
        {
            Tip(row, tip, behind ?? 0);
        }
        else if (asJson)
        {
            _lines.Write("peerDown", json =>
            {
                json.WriteString("peer", row.Peer);
                json.WriteCause(row.Down);
            });
        }
        else
        {
            output.WriteLine($"{row.Peer} {(row.Down is { } cause ? Cause.Of(cause).Text : "has told no tip")}");
        }
    }

    private void Tip(TipBoard.Row row, Tip tip, ulong behind)
    {
        if (!asJson)
        {
            string place = behind == 0 ? "in front" : string.Create(CultureInfo.InvariantCulture, $"{behind} blocks behind");
            string gone = row.Down is { } cause ? $", {Cause.Of(cause).Text}" : "";
            output.WriteLine($"{row.Peer} tip {Wording.Of(tip)}, {place}, RTT {Wording.RoundTrip(row.RoundTrip)}{gone}");
            return;
        }

        _lines.Write("tip", json =>
        {
            json.WriteString("peer", row.Peer);
            json.WriteSlot(tip.Point);
            if (tip.Point.IsOrigin)
            {
                json.WriteNull("height");
            }
            else
            {
                json.WriteNumber("height", tip.BlockNumber);
            }

            json.WriteHash(tip.Point);
            json.WriteNumber("behind", behind);
            if (row.RoundTrip is { } time)
            {
                json.WriteNumber("rttMs", Math.Round(time.TotalMilliseconds, 3));
            }
            else
            {
                json.WriteNull("rttMs");
            }
        });
    }
}
