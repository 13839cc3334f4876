using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Governance;

namespace Reactive.Network.Benchmarks.Peers;

/// <summary>
/// One decision, beside counting the peers by phase, which no decision can do without. Sensitive to the number of known peers; settled, the network is asked
/// once per change of a fact.
/// </summary>
[MemoryDiagnoser]
public class GovernorBenchmarks
{
    private static readonly TimeSpan Now = TimeSpan.FromHours(1);

    private static readonly GovernorState State = GovernorState.Initial(1) with
    {
        Churn = new ChurnState { Step = ChurnStep.Waiting, EndsAt = TimeSpan.FromHours(2) },
    };

    private GovernorFacts _settled = new();
    private GovernorFacts _short = new();
    private GovernorFacts _crowded = new();

    [Params(50, 500, 5_000)]
    public int Peers { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        // A tenth hot, a tenth warm; twice as many are wanted, or half.
        int tenth = Peers / 10;
        ImmutableArray<PeerFacts> peers =
        [
            .. Enumerable.Range(1, Peers).Select(i => new PeerFacts(new PeerId(i), new PeerAddress("192.0.2.1", i))
            {
                Origin = PeerOrigin.Ledger,
                Phase = i <= tenth ? PeerPhase.Hot : i <= 2 * tenth ? PeerPhase.Warm : PeerPhase.Cold,
                Score = new PeerScore(i * 7 % 100, i * 13 % 100, 0),
            }),
        ];
        _settled = With(peers, tenth);
        _short = With(peers, 2 * tenth);
        _crowded = With(peers, tenth / 2);
    }

    [Benchmark(Baseline = true)]
    public int CountByPhase()
    {
        Span<int> counts = stackalloc int[7];
        foreach (PeerFacts peer in _settled.Peers)
        {
            counts[(int)peer.Phase]++;
        }

        return counts[(int)PeerPhase.Hot];
    }

    /// <summary>Nothing is to be done: a pass over the peers. Should be a small multiple of the baseline.</summary>
    [Benchmark]
    public GovernorDecision Settled() => ReferenceGovernor.Default.Decide(State, _settled, Now);

    /// <summary>A tenth of the peers is to be connected (64 at a time at most) and a tenth to be made hot.</summary>
    [Benchmark]
    public GovernorDecision Short() => ReferenceGovernor.Default.Decide(State, _short, Now);

    /// <summary>All warm peers are to be disconnected and half of the hot ones to be made warm.</summary>
    [Benchmark]
    public GovernorDecision Crowded() => ReferenceGovernor.Default.Decide(State, _crowded, Now);

    private GovernorFacts With(ImmutableArray<PeerFacts> peers, int tenth) => new()
    {
        Peers = peers,
        Targets = new PeerTargets
        {
            Root = 0,
            Known = Peers,
            Established = 2 * tenth,
            Active = tenth,
            KnownBigLedger = 0,
            EstablishedBigLedger = 0,
            ActiveBigLedger = 0,
        },
    };
}
