using System.Globalization;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.Handshake;

namespace Rxnet.Output;

/// <summary>What <c>ping</c> tells.</summary>
internal sealed class PingOutput(StandardOutput output, bool asJson)
{
    private readonly JsonLines _lines = new(output);

    public void Handshake(NegotiatedVersion version)
    {
        if (asJson)
        {
            _lines.Write("handshake", json =>
            {
                json.WriteNumber("version", version.Version);
                json.WriteNumber("magic", version.Magic);
                json.WriteBoolean("duplex", version.IsDuplex);
            });
        }
        else
        {
            output.WriteLine($"version {version.Version}, network {new NetworkMagic(version.Magic)}, {(version.IsDuplex ? "duplex" : "one-way")}");
        }
    }

    public void Tip(Tip tip)
    {
        if (asJson)
        {
            _lines.Write("tip", json =>
            {
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
            });
        }
        else
        {
            output.WriteLine($"tip {Wording.Of(tip)}");
        }
    }

    public void Pong(TimeSpan roundTrip)
    {
        if (asJson)
        {
            _lines.Write("pong", json => json.WriteNumber("rttMs", Math.Round(roundTrip.TotalMilliseconds, 3)));
        }
        else
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"pong {roundTrip.TotalMilliseconds:0.000} ms"));
        }
    }
}
