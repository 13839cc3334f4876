using System.Text.Json;
using Reactive.Network.Chain;
using Rxnet.Following;

namespace Rxnet.Output;

/// <summary><c>follow --json</c>.</summary>
internal sealed class JsonFollowOutput(StandardOutput output) : IFollowOutput
{
    private readonly JsonLines _lines = new(output);

    public void Write(FollowEvent followed)
    {
        switch (followed)
        {
            case FollowEvent.Intersect(var point, _):
                _lines.Write("intersect", json => json.WritePoint(point));
                break;
            case FollowEvent.RollForward(var point, var block, _):
                _lines.Write("rollForward", json => WriteBlock(json, point, block));
                break;
            case FollowEvent.RollBackward(var point, _):
                _lines.Write("rollBackward", json => json.WritePoint(point));
                break;
            case FollowEvent.PeerUp(var peer):
                _lines.Write("peerUp", json => json.WriteString("peer", peer));
                break;
            case FollowEvent.PeerDown(var peer, var cause, _):
                _lines.Write("peerDown", json =>
                {
                    json.WriteString("peer", peer);
                    json.WriteCause(cause);
                });
                break;
            case FollowEvent.Blamed(var peer, var kind, var request):
                _lines.Write("evidence", json =>
                {
                    json.WriteString("peer", peer);
                    json.WriteString("kind", Wording.Kind(kind));
                    if (request is { } number)
                    {
                        json.WriteNumber("request", number);
                    }
                    else
                    {
                        json.WriteNull("request");
                    }
                });
                break;
            default:
                break;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static void WriteBlock(Utf8JsonWriter json, Point point, BlockFacts block)
    {
        json.WriteSlot(point);
        json.WriteNumber("height", block.Height);
        json.WriteHash(point);
        json.WriteString("era", block.Era.Name());
        json.WriteNumber("bytes", block.Bytes);
        if (block.Transactions is { } transactions)
        {
            json.WriteNumber("transactions", transactions);
        }
        else
        {
            json.WriteNull("transactions");
        }

        json.WriteString("peer", block.Peer);
    }
}
