using System.Globalization;
using System.Net;
using System.Reactive.Concurrency;
using Reactive.Network;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Storage;
using Rxnet.Following;

namespace Rxnet.Output;

/// <summary>What <c>relay</c> tells: where it listens, what it follows from whom, and who comes to be served. One call at a time.</summary>
internal sealed class RelayOutput(StandardOutput output, bool asJson, IScheduler scheduler) : IAsyncDisposable
{
    /// <summary>Block lines for people in a second; those beyond are counted.</summary>
    private const int MaxBlockLines = 10;

    private readonly JsonLines _lines = new(output);
    private readonly JsonFollowOutput _followed = new(output);

    /// <summary>Peers told to be up. A dial that fails is told too, as an end of what was not up.</summary>
    private readonly HashSet<IPeer> _up = [];

    private bool _hasBegun;
    private DateTimeOffset _second;
    private int _blockLines;

    public void Listening(IPEndPoint at, NetworkMagic magic, ImmutableDatabase? chain)
    {
        if (asJson)
        {
            _lines.Write("listening", json => json.WriteString("address", at.ToString()));
        }
        else
        {
            string serving = chain is null ? "" : $", serving {chain.Directory} to {Wording.Of(chain.Tip)}";
            output.WriteLine($"listening on {at}, network {magic}{serving}");
        }
    }

    /// <summary>Tells of a followed block, and gives it back.</summary>
    public void Block(ChainEvent<FetchedBlock> followed)
    {
        switch (followed.Kind)
        {
            case ChainEventKind.Intersected when !_hasBegun:
                Write(new FollowEvent.Intersect(followed.Point, followed.Tip));
                break;
            case ChainEventKind.RollForward:
                using (FetchedBlock block = followed.Value)
                {
                    var facts = new BlockFacts(block.BlockNumber, block.Era, block.Size, block.TransactionCount, block.Peer.Name);
                    Write(new FollowEvent.RollForward(followed.Point, facts, followed.Tip));
                }

                break;
            case ChainEventKind.RollBackward:
                Write(new FollowEvent.RollBackward(followed.Point, followed.Tip));
                break;
        }

        _hasBegun = true;
    }

    public void Peer(PeerEvent happened)
    {
        switch (happened)
        {
            case PeerEvent.Snapshot snapshot:
                Compare(snapshot);
                break;
            case PeerEvent.TemperatureChanged { To: PeerTemperature.Cold } changed:
                Down(changed.Peer, changed.Cause);
                break;
            case PeerEvent.TemperatureChanged changed:
                Up(changed.Peer);
                break;
            case PeerEvent.Reported { Evidence.Cause: { } cause } reported when !_up.Contains(reported.Peer):
                Write(new FollowEvent.PeerDown(reported.Peer.Name, cause, IsDropped: false));
                break;
            case PeerEvent.Accepted accepted:
                Client("clientUp", accepted.Peer, "is up", null);
                break;
            case PeerEvent.Left left:
                Client("clientDown", left.Peer, "is down", left.Cause);
                break;
        }
    }

    public ValueTask DisposeAsync() => _followed.DisposeAsync();

    /// <summary>At the beginning, and where events came faster than they could be written.</summary>
    private void Compare(PeerEvent.Snapshot snapshot)
    {
        foreach (IPeer peer in snapshot.Peers.Where(static peer => peer.Temperature != PeerTemperature.Cold))
        {
            Up(peer);
        }

        foreach (IPeer peer in _up.Where(peer => peer.Temperature == PeerTemperature.Cold).OrderBy(static peer => peer.Id).ToList())
        {
            Down(peer, null);
        }
    }

    private void Up(IPeer peer)
    {
        if (_up.Add(peer))
        {
            Write(new FollowEvent.PeerUp(peer.Name));
        }
    }

    private void Down(IPeer peer, NetworkException? cause)
    {
        if (_up.Remove(peer))
        {
            Write(new FollowEvent.PeerDown(peer.Name, cause ?? Ended, IsDropped: false));
        }
    }

    private static ConnectionClosedException Ended => new("the connection was ended");

    private void Client(string name, IPeer peer, string what, NetworkException? cause)
    {
        if (asJson)
        {
            _lines.Write(name, json =>
            {
                json.WriteString("peer", peer.Name);
                if (name == "clientDown")
                {
                    json.WriteCause(cause);
                }
            });
        }
        else
        {
            string why = Cause.Of(cause).Text is { } text ? ": " + text : "";
            output.WriteLine($"client {peer.Name} {what}{why}");
        }
    }

    private void Write(FollowEvent followed)
    {
        if (asJson)
        {
            _followed.Write(followed);
        }
        else if (!IsFlood(followed) && Wording.Line(followed) is { } line)
        {
            output.WriteLine(line);
        }
    }

    /// <summary>While it catches up nobody reads a line for each block.</summary>
    private bool IsFlood(FollowEvent followed)
    {
        if (followed is not FollowEvent.RollForward)
        {
            return false;
        }

        DateTimeOffset now = scheduler.Now;
        if (now - _second >= TimeSpan.FromSeconds(1))
        {
            if (_blockLines > MaxBlockLines)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_blockLines - MaxBlockLines} more blocks"));
            }

            (_second, _blockLines) = (now, 0);
        }

        return ++_blockLines > MaxBlockLines;
    }
}
