using System.Globalization;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Candidates;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Scenarios.Simulation;

/// <summary>Plays a scenario and says what went wrong.</summary>
internal sealed class ScenarioRun : IDisposable
{
    /// <summary>After everything has happened, the chain must be there within this: a few failures in a row are waited after for up to 80 s.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(240);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(500);

    /// <summary>For so many steps the chain must stay: only then is it at rest.</summary>
    private const int StepsToStay = 4;

    private readonly Scenario _scenario;
    private readonly SimulatedNetwork _net;
    private readonly ChainFold _fold = new();
    private readonly SerialDisposable _query = new();
    private readonly List<(int AtMs, Action Do)> _timeline = [];
    private readonly Queue<int> _kills;
    private readonly List<string>? _trace;
    private int _killAt;
    private string? _ended;

    private ScenarioRun(Scenario scenario, Order order, List<string>? trace)
    {
        _scenario = scenario;
        _trace = trace;
        _kills = new Queue<int>(scenario.KillAfter);
        _net = new SimulatedNetwork(order, scenario.Seed, static options => options with
        {
            Peers = options.Peers with { Candidates = new CandidateOptions { Validator = SimulatedBlocks.Validator } },
        });
    }

    /// <returns><see langword="null"/> if all is well.</returns>
    public static string? Execute(Scenario scenario, Order order, List<string>? trace = null)
    {
        try
        {
            using var run = new ScenarioRun(scenario, order, trace);
            return run.Play();
        }
        catch (Exception error)
        {
            return $"threw {error}";
        }
    }

    private string? Play()
    {
        foreach (PeerPlan plan in _scenario.Peers)
        {
            Add(plan);
        }

        _timeline.Add((_scenario.StartMs, Subscribe));
        _net.Start();
        if (_trace is not null)
        {
            _net.Network.Peers.Subscribe(TracePeer);
        }

        foreach ((int at, Action act) in _timeline.OrderBy(static one => one.AtMs))
        {
            _net.RunTo(at);
            act();
        }

        string? missing = "did not begin";
        DateTimeOffset end = _net.Time.Now + Deadline;
        for (int stays = 0; stays < StepsToStay && Wrong is null && _net.Time.Now < end; stays = missing is null ? stays + 1 : 0)
        {
            _net.Run(Step);
            missing = Missing();
        }

        string? wrong = Wrong;
        Dispose();
        _net.Run(TimeSpan.FromSeconds(1));
        return wrong ?? missing ?? Wrong;
    }

    public void Dispose()
    {
        _query.Dispose();
        _net.Dispose();
    }

    private string? Wrong => _fold.Broken ?? _ended ?? (_net.Faults.Count > 0 ? $"an observer faulted: {_net.Faults[0]}" : null);

    private string? Missing()
    {
        ChainMove last = _scenario.Honest[^1];
        for (int i = 0; i < last.Length; i++)
        {
            SimulatedBlock expected = SimulatedBlocks.At(last.Branch, i);
            if (i >= _fold.Chain.Count || _fold.Chain[i].Point != expected.Point)
            {
                return $"of the {last.Length} honest blocks only {i} were there, of {_fold.Chain.Count}";
            }

            if (!_fold.Chain[i].Block.Span.SequenceEqual(expected.Block.Span))
            {
                return $"block {i} has other bytes";
            }
        }

        return _fold.Chain.Count == last.Length ? null : $"{_fold.Chain.Count} blocks, and not {last.Length}";
    }

    private void Add(PeerPlan plan)
    {
        var chain = new InMemoryChain();
        SimulatedNode node = _net.AddNode(
            chain,
            new InMemoryBearerOptions { Latency = TimeSpan.FromMilliseconds(plan.LatencyMs), BytesPerSecond = plan.BytesPerSecond },
            plan.Lie,
            plan.LieFrom);
        (Branch branch, int length) = (Branch.Trunk, 0);
        foreach (ChainMove move in plan.Own.IsEmpty ? _scenario.Honest : plan.Own)
        {
            void Make()
            {
                Move(chain, branch, length, move);
                (branch, length) = (move.Branch, move.Length);
            }

            if (move.AtMs == 0)
            {
                Make();
            }
            else
            {
                _timeline.Add((move.AtMs + plan.LagMs, Make));
            }
        }

        if (plan.Lie is Lie.Mute or Lie.MuteBlocks)
        {
            _timeline.Add((plan.LieFrom, () => node.Mute = plan.Lie == Lie.Mute ? Mute.All : Mute.Blocks));
        }

        foreach (PeerFault fault in plan.Faults)
        {
            _timeline.Add((fault.AtMs, fault.DownMs == 0 ? node.Reset : node.Down));
            if (fault.DownMs > 0)
            {
                _timeline.Add((fault.AtMs + fault.DownMs, node.Up));
            }
        }
    }

    private static void Move(InMemoryChain chain, Branch branch, int length, ChainMove move)
    {
        int shared = SimulatedBlocks.Shared(branch, length, move.Branch, move.Length);
        if (shared < length)
        {
            chain.RollBack(shared == 0 ? Point.Origin : SimulatedBlocks.At(branch, shared - 1).Point);
        }

        for (int i = shared; i < move.Length; i++)
        {
            chain.Append(SimulatedBlocks.At(move.Branch, i).Block);
        }
    }

    private void Subscribe()
    {
        From from = _fold.Events == 0 ? From.Origin : From.AnyOf(_fold.Points);
        _fold.Restart();
        _killAt = _kills.TryDequeue(out int after) ? _fold.Events + after : int.MaxValue;
        var use = new SingleAssignmentDisposable();
        _query.Disposable = use;
        use.Disposable = _net.Selection
            .FollowChain(from, new FollowOptions { Window = _scenario.Window }, _net.Time)
            .FetchWithFallback(new FetchPolicy { MaxBlocks = _scenario.MaxBlocks, MaxBytes = _scenario.MaxBytes }, _net.Time)
            .Subscribe(e => Take(e, use), error => End($"failed: {error}", use), () => End("completed", use));
    }

    private void End(string how, SingleAssignmentDisposable use)
    {
        if (!use.IsDisposed)
        {
            _ended ??= how;
        }
    }

    private void Take(in ChainEvent<FetchedBlock> e, SingleAssignmentDisposable use)
    {
        if (use.IsDisposed)
        {
            _ended ??= $"{e.Kind} {e.Point} came after the query was disposed";
            return;
        }

        _trace?.Add(string.Create(CultureInfo.InvariantCulture, $"{_net.Time.Now.Ticks} {e.Kind} {e.Point} {e.Tip.BlockNumber} {e.Value.Peer?.Name}"));
        _fold.Add(e);
        if (_fold.Events >= _killAt)
        {
            _killAt = int.MaxValue;
            use.Dispose();
            _net.Time.Schedule(Subscribe);
        }
    }

    private void TracePeer(PeerEvent e)
    {
        _trace!.Add(string.Create(CultureInfo.InvariantCulture, $"{_net.Time.Now.Ticks} {Describe(e)}"));
        if (e is PeerEvent.TemperatureChanged { To: PeerTemperature.Warm, From: PeerTemperature.Cold } changed
            && changed.Peer is NetworkPeer { Connection: { } connection } peer)
        {
            connection.Frames.Subscribe(
                frame => _trace.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_net.Time.Now.Ticks} {peer.Name} {frame.Direction} {frame.Header.Sender} {frame.Header.Protocol} {Convert.ToHexString(Blake2b256.Hash(frame.Payload.Span).AsSpan()[..4])}")),
                static _ => { });
        }
    }

    private static string Describe(PeerEvent e) => e switch
    {
        PeerEvent.TemperatureChanged one => $"{one.Peer.Name} {one.From} {one.To} {one.Cause?.Message}",
        PeerEvent.TipChanged one => $"{one.Peer.Name} {one.Tip}",
        PeerEvent.Reported one => $"{one.Peer.Name} {one.Evidence.Kind} {one.Evidence.Request} {one.Evidence.Bytes} {one.Evidence.Took}",
        PeerEvent.Measured one => $"{one.Peer.Name} {one.Measurements.RoundTrip}",
        _ => e.GetType().Name,
    };
}
