using System.Globalization;
using Reactive.Network;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Rxnet.Following;

namespace Rxnet.Output;

/// <summary>The words for people: plain lines and the live view say the same in the same way.</summary>
internal static class Wording
{
    /// <summary>One line for an event; <see langword="null"/> for one that only the numbers tell.</summary>
    public static string? Line(FollowEvent followed) => followed switch
    {
        FollowEvent.Intersect(var point, var tip) => Invariant($"following from {point}, tip {Of(tip)}"),
        FollowEvent.RollForward(var point, var block, _) => Block(point, block),
        FollowEvent.RollBackward(var point, _) => $"rolled back to {point}",
        FollowEvent.PeerUp(var peer) => $"{peer} is up",
        FollowEvent.PeerDown(var peer, var cause, var isDropped) => $"{peer} is {(isDropped ? "dropped" : "down")}: {Cause.Of(cause).Text}",
        FollowEvent.Blamed(var peer, var kind, var request) => $"{peer} is blamed: {Kind(kind)}{(request is { } number ? Invariant($" (request {number})") : "")}",
        FollowEvent.TopologyRejected(var problem) => $"the topology stays as it was: {problem}",
        _ => null,
    };

    /// <summary>What a peer is blamed for, as <c>--json</c> says it.</summary>
    public static string Kind(EvidenceKind kind)
    {
        string name = kind.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    /// <summary>What a peer was blamed for, and how often; why it is down, where that is all there is to say.</summary>
    public static string Blame(FollowStatistics.PeerStatus peer)
    {
        string blame = string.Join(", ", peer.Blame.Select(static one => one.Value == 1 ? Kind(one.Key) : Invariant($"{Kind(one.Key)} x{one.Value}")));
        return blame.Length > 0 || peer.State == PeerState.Followed || peer.Cause is not NetworkException cause ? blame : cause.GetType().Name.Replace("Exception", "", StringComparison.Ordinal);
    }

    /// <summary>A point in few letters.</summary>
    public static string Short(Point point) => point.IsOrigin ? "origin" : Invariant($"{point.Slot}.{point.Hash.ToString()[..8]}");

    /// <summary>One line of numbers.</summary>
    public static string Line(FollowStatistics.Snapshot now) => Invariant(
        $"tip {Of(now.Tip)}, height {Height(now)}, {now.BlocksPerSecond:0.0} blocks/s, {Megabytes(now.BytesPerSecond)} MB/s, peers {Peers(now)}");

    /// <summary>What it all came to.</summary>
    public static string Summary(FollowStatistics.Snapshot now) => Invariant(
        $"followed {Count(now.Blocks, "block")} ({Megabytes(now.Bytes)} MB) and {Count(now.RollBacks, "roll back")} in {now.Elapsed.TotalSeconds:0.0} s, to {now.Point}");

    public static string Height(FollowStatistics.Snapshot now) => now.Height?.ToString(CultureInfo.InvariantCulture) ?? "-";

    public static string Of(Tip tip) => tip.Point.IsOrigin ? "origin" : Invariant($"{tip.BlockNumber} ({tip.Point})");

    public static string Megabytes(double bytes) => Invariant($"{bytes / 1e6:0.00}");

    public static string RoundTrip(TimeSpan? time) => time is { } known ? Invariant($"{known.TotalMilliseconds:0.00} ms") : "-";

    private static string Block(Point point, BlockFacts block)
    {
        string transactions = block.Transactions is { } count ? ", " + Count(count, "transaction") : "";
        return Invariant($"block {block.Height} {point} {block.Era.Name()} {block.Bytes} bytes{transactions}");
    }

    private static string Peers(FollowStatistics.Snapshot now) =>
        string.Join(", ", now.Peers.Select(static peer => $"{peer.Peer} {peer.State.ToString().ToLowerInvariant()} {RoundTrip(peer.RoundTrip)}"));

    private static string Count(long number, string what) => Invariant($"{number} {what}{(number == 1 ? "" : "s")}");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
