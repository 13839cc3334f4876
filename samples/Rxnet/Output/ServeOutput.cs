using System.Net;
using Reactive.Network;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.Handshake;
using Reactive.Network.Protocols.LocalTxSubmission;
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

    public void ListeningLocally(string path, NetworkMagic magic, ImmutableDatabase chain)
    {
        if (asJson)
        {
            _lines.Write("listening", json => json.WriteString("socket", path));
        }
        else
        {
            output.WriteLine($"listening on {path}, network {magic}, serving {chain.Directory} to {Wording.Of(chain.Tip)}");
        }
    }

    /// <summary>A node connected: told when the handshake is over, and again at the end.</summary>
    public void Accepted(PeerConnection peer) => Accepted(peer.RemoteName, peer.Negotiated, peer.Completion);

    /// <summary>A local client connected: the same.</summary>
    public void Accepted(LocalConnection client) => Accepted(client.RemoteName, client.Negotiated, client.Completion);

    /// <summary>A local client submitted a transaction.</summary>
    public void Submitted(Transaction transaction, TransactionRejection? rejection) => Tell(() =>
    {
        string id = transaction.TryGetId(out TransactionId known) ? known.Hash.ToString() : "";
        if (asJson)
        {
            _lines.Write(rejection is null ? "transaction" : "rejected", json =>
            {
                json.WriteString("id", id.Length > 0 ? id : null);
                json.WriteString("era", transaction.Era.Name());
                json.WriteNumber("bytes", transaction.Bytes.Length);
                if (rejection is not null)
                {
                    json.WriteString("reason", rejection.Text);
                }
            });
        }
        else
        {
            output.WriteLine($"transaction {id} {transaction.Era.Name()} {transaction.Bytes.Length} bytes{(rejection is null ? "" : $" rejected: {rejection.Text}")}");
        }
    });

    private void Accepted(string name, IObservable<NegotiatedVersion> negotiated, Task<NetworkException?> completion)
    {
        bool wasUp = false;
        negotiated.Subscribe(_ => wasUp = Tell(() => Up(name)), static _ => { });
        completion.ContinueWith(
            ended => Tell(() => Down(name, ended.Result, wasUp)),
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
