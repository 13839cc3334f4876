using System.Collections.Immutable;
using System.Globalization;

namespace Reactive.Network.Tests.Scenarios.Simulation;

/// <summary>From this moment on a chain is the first so many blocks of a branch.</summary>
internal sealed record ChainMove(int AtMs, Branch Branch, int Length)
{
    public override string ToString() => $"{AtMs}ms:{Branch}x{Length}";
}

/// <summary>What a peer does that it should not.</summary>
internal enum Lie
{
    None,

    /// <summary>It announces, and says it has no blocks.</summary>
    NoBlocks,

    /// <summary>It sends another block than the one asked for.</summary>
    WrongBlock,

    /// <summary>It sends the header asked for with the body of another block.</summary>
    WrongBody,

    /// <summary>A bit of the body is turned over.</summary>
    CorruptBody,

    /// <summary>It ends a batch before its last block.</summary>
    ShortBatch,

    /// <summary>It announces a header that does not stand on the one before.</summary>
    BrokenLink,

    /// <summary>It announces, and answers no request for blocks.</summary>
    MuteBlocks,

    /// <summary>It says nothing at all any more, though the connection stands.</summary>
    Mute,
}

/// <summary>The connections of a peer are reset; where it is down, nobody listens there for so long.</summary>
internal sealed record PeerFault(int AtMs, int DownMs)
{
    public override string ToString() => DownMs == 0 ? $"reset@{AtMs}ms" : $"down@{AtMs}ms+{DownMs}";
}

/// <summary>One peer of a scenario.</summary>
internal sealed record PeerPlan
{
    /// <summary>It serves the honest chain, sooner or later, and lies about nothing.</summary>
    public bool IsHonest => Lie == Lie.None && Own.IsEmpty;

    /// <summary>So much later than the first does it have what changes.</summary>
    public int LagMs { get; init; }

    public int LatencyMs { get; init; }

    public int? BytesPerSecond { get; init; }

    public Lie Lie { get; init; }

    /// <summary>The height, or for what is muted the moment in milliseconds, from which on it lies.</summary>
    public int LieFrom { get; init; }

    /// <summary>Its own chain; empty where it has the honest one.</summary>
    public ImmutableArray<ChainMove> Own { get; init; } = [];

    public ImmutableArray<PeerFault> Faults { get; init; } = [];

    public override string ToString()
    {
        List<string> parts = [IsHonest ? "honest" : Lie == Lie.None ? "fork" : $"{Lie} from {LieFrom}"];
        parts.Add($"lag {LagMs} latency {LatencyMs} rate {BytesPerSecond?.ToString(CultureInfo.InvariantCulture) ?? "-"}");
        parts.AddRange(Own.Select(static move => move.ToString()));
        parts.AddRange(Faults.Select(static fault => fault.ToString()));
        return string.Join(", ", parts);
    }
}

/// <summary>A network and what happens in it. Everything that matters is here, so that a failure can be printed, shrunk and replayed.</summary>
internal sealed record Scenario
{
    public required int Seed { get; init; }

    /// <summary>The chain that is to be followed; its last state is longer than any that anybody ever shows.</summary>
    public required ImmutableArray<ChainMove> Honest { get; init; }

    public required ImmutableArray<PeerPlan> Peers { get; init; }

    /// <summary>When the query is subscribed to.</summary>
    public int StartMs { get; init; }

    public int Window { get; init; } = 256;

    public int MaxBlocks { get; init; } = 4096;

    public int MaxBytes { get; init; } = 1 << 26;

    /// <summary>After so many events each the query is killed, and begun again where it was. Empty: never.</summary>
    public ImmutableArray<int> KillAfter { get; init; } = [];

    /// <summary>When the last thing happens.</summary>
    public int QuietFromMs => new[] { StartMs, Honest[^1].AtMs + Peers.Max(static peer => peer.LagMs) }
        .Concat(Peers.SelectMany(static peer => peer.Own.Select(static move => move.AtMs)))
        .Concat(Peers.SelectMany(static peer => peer.Faults.Select(static fault => fault.AtMs + fault.DownMs)))
        .Max();

    public override string ToString() =>
        $"seed {Seed}: start {StartMs}ms, window {Window}, {MaxBlocks} blocks, {MaxBytes} bytes, kills [{string.Join(' ', KillAfter)}]\n"
        + $"  chain: {string.Join(", ", Honest)}\n"
        + string.Join('\n', Peers.Select(static (peer, i) => $"  node{i + 1}: {peer}"));
}
