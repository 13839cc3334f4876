using Reactive.Network.Chain;

namespace Rxnet.Following;

/// <summary>Where each peer's chain is, and how far behind the highest that is.</summary>
internal sealed class TipBoard
{
    private readonly SortedDictionary<string, Row> _rows = new(StringComparer.Ordinal);

    /// <summary>One peer.</summary>
    /// <param name="Peer">Which.</param>
    internal sealed record Row(string Peer)
    {
        /// <summary>Its newest block; <see langword="null"/> before it told.</summary>
        public Tip? Tip { get; init; }

        /// <summary>The round trip to it.</summary>
        public TimeSpan? RoundTrip { get; init; }

        /// <summary>Why it is not there.</summary>
        public Exception? Down { get; init; }

        /// <summary>Whether there is nothing more to wait for: all is known, or it could not be reached.</summary>
        public bool IsSettled => Down is not null || (Tip is not null && RoundTrip is not null);
    }

    /// <summary>All peers, by name.</summary>
    public IReadOnlyCollection<Row> Rows => _rows.Values;

    /// <summary>The highest block that any peer has.</summary>
    public ulong Highest => _rows.Values.Max(static row => row.Tip?.BlockNumber) ?? 0;

    /// <summary>Whether nothing is to come but news.</summary>
    /// <param name="peers">Who is waited for.</param>
    public bool IsSettled(IEnumerable<string> peers) => peers.All(peer => _rows.TryGetValue(peer, out Row? row) && row.IsSettled);

    /// <summary>Blocks that a peer is behind the highest.</summary>
    public ulong? BehindOf(Row row) => row.Tip is { } tip ? Highest - tip.BlockNumber : null;

    /// <summary>Takes news in.</summary>
    /// <returns>Whom they are about; <see langword="null"/> where they are none about tips.</returns>
    public Row? Add(FollowEvent news)
    {
        return news switch
        {
            FollowEvent.PeerUp(var peer) => Set(Of(peer) with { Down = null }),
            FollowEvent.PeerDown(var peer, var cause, _) => Set(Of(peer) with { Down = cause, RoundTrip = null }),
            FollowEvent.TipSeen(var peer, var tip) => Set(Of(peer) with { Tip = tip }),
            FollowEvent.Measured(var peer, var measured) => Set(Of(peer) with { RoundTrip = measured.RoundTrip }),
            _ => null,
        };
    }

    private Row Of(string peer) => _rows.TryGetValue(peer, out Row? row) ? row : new Row(peer);

    private Row Set(Row row) => _rows[row.Peer] = row;
}
