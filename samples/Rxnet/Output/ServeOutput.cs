using System.Net;
using Reactive.Network;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Storage;

namespace Rxnet.Output;

/// <summary>What <c>serve</c> tells: where it listens, and who comes and goes. Any thread.</summary>
internal sealed class ServeOutput(StandardOutput output, bool asJson)
{
    private readonly JsonLines _lines = new(output);

    public void Listening(IPEndPoint at, NetworkMagic magic, ImmutableDatabase chain)
    {
        if (asJson)
        {
            _lines.Write("listening", json => json.WriteString("address", at.ToString()));
        }
        else
        {
            output.WriteLine($"listening on {at}, network {magic}, serving {chain.Directory} to {Wording.Of(chain.Tip)}");
        }
    }

    /// <summary>Somebody connected: told when the handshake is over, and again at the end.</summary>
    public void Accepted(PeerConnection peer)
    {
        bool wasUp = false;
        peer.Negotiated.Subscribe(_ => wasUp = Tell(() => Up(peer.RemoteName)), static _ => { });
        peer.Completion.ContinueWith(
            ended => Tell(() => Down(peer.RemoteName, ended.Result, wasUp)),
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);
    }

    private void Up(string peer)
    {
        if (asJson)
        {
            _lines.Write("peerUp", json => json.WriteString("peer", peer));
        }
        else
        {
            output.WriteLine($"{peer} is up");
        }
    }

    private void Down(string peer, NetworkException? cause, bool wasUp)
    {
        if (asJson)
        {
            _lines.Write("peerDown", json =>
            {
                json.WriteString("peer", peer);
                json.WriteCause(cause);
            });
        }
        else
        {
            string why = Cause.Of(cause).Text is { } text ? ": " + text : "";
            output.WriteLine($"{peer} {(wasUp ? "is down" : "was refused")}{why}");
        }
    }

    /// <summary>Serving goes on where nobody reads what it tells.</summary>
    private static bool Tell(Action line)
    {
        try
        {
            line();
        }
        catch (IOException)
        {
            // Nobody reads.
        }

        return true;
    }
}
