using System.Globalization;
using Reactive.Network;
using Reactive.Network.Chain;

namespace Rxnet.Output;

/// <summary>What <c>capture</c> tells. Any thread.</summary>
internal sealed class CaptureOutput(StandardOutput output, bool asJson)
{
    private readonly JsonLines _lines = new(output);

    public void Listening(string address, string to)
    {
        if (asJson)
        {
            _lines.Write("listening", json =>
            {
                json.WriteString("address", address);
                json.WriteString("to", to);
            });
        }
        else
        {
            output.WriteLine($"listening on {address}, for {to}");
        }
    }

    public void Recorded(int connection, string client, long sdus, NetworkException? cause)
    {
        if (asJson)
        {
            _lines.Write("connection", json =>
            {
                json.WriteNumber("connection", connection);
                json.WriteString("client", client);
                json.WriteNumber("sdus", sdus);
                json.WriteCause(cause);
            });
        }
        else
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"connection {connection} of {client}: {sdus} SDUs{(cause is null ? "" : ", ended by " + Cause.Of(cause).Text)}"));
        }
    }

    public void Followed(ChainEvent<Block> followed)
    {
        if (asJson && followed.IsRollForward)
        {
            _lines.Write("rollForward", json =>
            {
                json.WritePoint(followed.Point);
                json.WriteNumber("bytes", followed.Value.Size);
            });
        }
    }

    public void Written(string file, long bytes)
    {
        if (asJson)
        {
            _lines.Write("written", json =>
            {
                json.WriteString("file", file);
                json.WriteNumber("bytes", bytes);
            });
        }
        else
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{file}: {bytes} bytes"));
        }
    }
}
