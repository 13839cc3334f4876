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
        Add("tip", now.Tip.Point.IsOrigin ? "origin" : string.Create(CultureInfo.InvariantCulture, $"{now.Tip.BlockNumber} ({Wording.Short(now.Tip.Point)})"));
        Add("at", $"{Wording.Height(now)} ({Wording.Short(now.Point)})");
        Add("blocks", string.Create(CultureInfo.InvariantCulture, $"{now.Blocks} in {now.Elapsed.TotalSeconds:0} s, {now.RollBacks} roll backs"));
        Add("speed", string.Create(CultureInfo.InvariantCulture, $"{now.BlocksPerSecond:0.0} blocks/s, {Wording.Megabytes(now.BytesPerSecond)} MB/s"));
        return grid;

        void Add(string name, string value) => grid.AddRow(new Text(name, new Style(Color.Grey)), new Text(value));
    }

    private static Table Peers(FollowStatistics.Snapshot now)
    {
        bool hasRoles = now.Peers.Any(static peer => peer.Role is not null);
        var table = new Table().Border(TableBorder.Simple);
        Column("peer");
        if (hasRoles)
        {
            Column("role");
        }

        Column("state");
        Column("RTT", isNumber: true);
        Column("blocks", isNumber: true);
        Column("MB", isNumber: true);
        Column("blamed for");
        foreach (FollowStatistics.PeerStatus peer in now.Peers)
        {
            List<Text> row = [new Text(peer.Peer)];
            if (hasRoles)
            {
                row.Add(new Text(peer.Role ?? ""));
            }

            row.Add(new Text(peer.State.ToString().ToLowerInvariant(), new Style(ColorOf(peer.State))));
            row.Add(new Text(Wording.RoundTrip(peer.RoundTrip)));
            row.Add(new Text(peer.Blocks.ToString(CultureInfo.InvariantCulture)));
            row.Add(new Text(Wording.Megabytes(peer.Bytes)));
            row.Add(new Text(Wording.Blame(peer), new Style(Color.Yellow)));
            table.AddRow(row);
        }

        return table;

        void Column(string name, bool isNumber = false)
        {
            var column = new TableColumn(name) { Padding = new Padding(0, 0, 1, 0) };
            table.AddColumn(isNumber ? column.RightAligned().NoWrap() : name == "blamed for" ? column : column.NoWrap());
        }
    }

    private static Color ColorOf(PeerState state) => state switch
    {
        PeerState.Followed => Color.Green,
        PeerState.Down => Color.Yellow,
        PeerState.Dropped => Color.Red,
        _ => Color.Grey,
    };
}
