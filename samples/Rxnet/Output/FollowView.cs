using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Rxnet.Output;

/// <summary>What the live view looks like: the numbers, the peers, and the last things that happened. Any thread.</summary>
internal sealed class FollowView(string title)
{
    private const int MaxNotes = 5;

    private readonly Lock _gate = new();
    private readonly Queue<string> _notes = new(MaxNotes);

    /// <summary>Something happened that the numbers do not tell. The last five are shown.</summary>
    public void Note(string line)
    {
        lock (_gate)
        {
            if (_notes.Count == MaxNotes)
            {
                _notes.Dequeue();
            }

            _notes.Enqueue(line);
        }
    }

    public IRenderable Draw(FollowStatistics.Snapshot now)
    {
        string[] notes;
        lock (_gate)
        {
            notes = [.. _notes];
        }

        return new Rows(
            new Rule(Markup.Escape(title)) { Justification = Justify.Left },
            Numbers(now),
            Peers(now),
            new Text(string.Join('\n', notes), new Style(Color.Grey)));
    }

    private static Grid Numbers(FollowStatistics.Snapshot now)
    {
        var grid = new Grid().AddColumn().AddColumn();
        Add("tip", Wording.Of(now.Tip));
        Add("at", now.Point.ToString());
        Add("height", Wording.Height(now));
        Add("blocks", string.Create(CultureInfo.InvariantCulture, $"{now.Blocks} in {now.Elapsed.TotalSeconds:0} s, {now.RollBacks} roll backs"));
        Add("speed", string.Create(CultureInfo.InvariantCulture, $"{now.BlocksPerSecond:0.0} blocks/s, {Wording.Megabytes(now.BytesPerSecond)} MB/s"));
        return grid;

        void Add(string name, string value) => grid.AddRow(new Text(name, new Style(Color.Grey)), new Text(value));
    }

    private static Table Peers(FollowStatistics.Snapshot now)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("peer", "state", "RTT", "blocks");
        foreach (FollowStatistics.PeerStatus peer in now.Peers)
        {
            table.AddRow(
                new Text(peer.Peer.ToString()),
                new Text(peer.State.ToString().ToLowerInvariant(), new Style(ColorOf(peer.State))),
                new Text(Wording.RoundTrip(peer.RoundTrip)),
                new Text(peer.Blocks.ToString(CultureInfo.InvariantCulture)));
        }

        return table;
    }

    private static Color ColorOf(PeerState state) => state switch
    {
        PeerState.Followed => Color.Green,
        PeerState.Down => Color.Yellow,
        PeerState.Dropped => Color.Red,
        _ => Color.Grey,
    };
}
