using System.Reactive.Linq;
using System.Reactive.Subjects;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.LocalStateQuery;
using Reactive.Network.Tests.Scenarios;
using ProtocolViolationException = Reactive.Network.Protocols.ProtocolViolationException;

namespace Reactive.Network.Tests.Protocols.LocalStateQuery;

/// <summary>Each half against bytes, and both against one another, in virtual time.</summary>
public class LocalStateQueryTests
{
    private static readonly MiniProtocolId Id = NodeToClient.StateQuery;
    private readonly List<string> _seen = [];

    [Fact]
    public void AcquiresAsksAndReleases_WhenAskedOnce()
    {
        var peer = new RawLocalPeer();
        using IDisposable ask = Ask(peer.Ours.StateQuery.Query(LedgerQuery.ChainBlockNumber));
        peer.Wait(TimeSpan.FromSeconds(1));

        peer.Send(Id, "8101");
        peer.Send(Id, "82048201" + "07");

        Assert.Equal(["8108", "82038102", "8105"], peer.Heard);
        Assert.Equal(["7", "done"], _seen);
    }

    [Fact]
    public void QueuesTwoQueriesWithoutMixingThem_WhenAskedAtOnce()
    {
        var peer = new RawLocalPeer();
        using IDisposable first = Ask(peer.Ours.StateQuery.Query(LedgerQuery.ChainBlockNumber), "1: ");
        using IDisposable second = Ask(peer.Ours.StateQuery.Query(LedgerQuery.CurrentEra, LedgerTarget.ImmutableTip), "2: ");
        peer.Wait(TimeSpan.FromSeconds(1));

        peer.Send(Id, "8101");
        peer.Send(Id, "8204820107");
        peer.Send(Id, "8101");
        peer.Send(Id, "820406");

        Assert.Equal(["8108", "82038102", "8105", "810a", "8203820082028101", "8105"], peer.Heard);
        Assert.Equal(["1: 7", "1: done", "2: Conway", "2: done"], _seen);
    }

    [Fact]
    public void FailsAsBusy_WhenAHundredUsersOrQueriesWait()
    {
        var peer = new RawLocalPeer();
        LedgerView? view = null;
        using IDisposable holder = peer.Ours.StateQuery.Acquire().Subscribe(v => view = v);
        peer.Wait(TimeSpan.FromSeconds(1));
        peer.Send(Id, "8101");
        for (int i = 0; i < 100; i++)
        {
            Ask(peer.Ours.StateQuery.Acquire());
            Ask(view!.Query(LedgerQuery.ChainPoint));
        }

        Ask(peer.Ours.StateQuery.Acquire(), "user ");
        Ask(view!.Query(LedgerQuery.ChainPoint), "query ");

        Assert.Equal(["user ProtocolBusyException", "query ProtocolBusyException"], _seen);
    }

    [Fact]
    public void HoldsTheStateUntilDisposed_WhenScoped()
    {
        var peer = new RawLocalPeer();
        LedgerView? view = null;
        IDisposable scope = peer.Ours.StateQuery.Acquire(LedgerTarget.At(Point.Origin)).Subscribe(v => view = v);
        peer.Wait(TimeSpan.FromSeconds(1));
        peer.Send(Id, "8101");
        using IDisposable first = Ask(view!.Query(LedgerQuery.CurrentEra), "1: ");
        using IDisposable second = Ask(view.Query(LedgerQuery.ChainPoint), "2: ");
        peer.Wait(TimeSpan.FromSeconds(1));
        int underWay = peer.Heard.Count;
        peer.Send(Id, "820406");
        peer.Send(Id, "820480");
        int before = peer.Heard.Count;

        scope.Dispose();
        peer.Wait(TimeSpan.FromSeconds(1));

        Assert.Equal((2, 3), (underWay, before));
        Assert.Equal(["820080", "8203820082028101", "82038103", "8105"], peer.Heard);
        Assert.Equal(["1: Conway", "1: done", "2: origin", "2: done"], _seen);
    }

    [Theory]
    [InlineData("820200", LedgerAcquireFailure.PointTooOld)]
    [InlineData("820201", LedgerAcquireFailure.PointNotOnChain)]
    public void FailsAndGoesOnWithTheNext_WhenTheNodeDoesNotHaveTheState(string hex, LedgerAcquireFailure failure)
    {
        var peer = new RawLocalPeer();
        Exception? error = null;
        using IDisposable first = peer.Ours.StateQuery.Acquire(LedgerTarget.At(Point.Origin)).Subscribe(_ => { }, e => error = e);
        using IDisposable second = Ask(peer.Ours.StateQuery.Query(LedgerQuery.CurrentEra));
        peer.Wait(TimeSpan.FromSeconds(1));

        peer.Send(Id, hex);
        peer.Send(Id, "8101");
        peer.Send(Id, "820406");

        Assert.Equal(failure, Assert.IsType<LedgerAcquireException>(error).Failure);
        Assert.Equal(["820080", "8108", "8203820082028101", "8105"], peer.Heard);
        Assert.Equal(["Conway", "done"], _seen);
    }

    [Fact]
    public void AsksAboutTheNewState_WhenReAcquired()
    {
        var peer = new RawLocalPeer();
        using IDisposable scope = peer.Ours.StateQuery.Acquire().Subscribe(view =>
        {
            Ask(view.ReAcquire(LedgerTarget.ImmutableTip).Select(_ => "again"));
            Ask(view.Query(LedgerQuery.CurrentEra));
        });
        peer.Wait(TimeSpan.FromSeconds(1));

        peer.Send(Id, "8101");
        peer.Send(Id, "8101");
        peer.Send(Id, "820406");

        Assert.Equal(["8108", "810b", "8203820082028101"], peer.Heard);
        Assert.Equal(["again", "done", "Conway", "done"], _seen);
    }

    [Fact]
    public void LosesTheState_WhenReAcquiringFails()
    {
        var peer = new RawLocalPeer();
        using IDisposable scope = peer.Ours.StateQuery.Acquire().Subscribe(
            view =>
            {
                Ask(view.ReAcquire(LedgerTarget.At(Point.Origin)), "re: ");
                Ask(view.Query(LedgerQuery.CurrentEra), "query: ");
            },
            error => _seen.Add($"scope: {error.GetType().Name}"));
        using IDisposable next = Ask(peer.Ours.StateQuery.Query(LedgerQuery.ChainBlockNumber), "next: ");
        peer.Wait(TimeSpan.FromSeconds(1));

        peer.Send(Id, "8101");
        peer.Send(Id, "820200");
        peer.Send(Id, "8101");
        peer.Send(Id, "82048100");

        // Nothing is held, so nothing is released.
        Assert.Equal(["8108", "820680", "8108", "82038102", "8105"], peer.Heard);
        Assert.Equal(
            ["re: LedgerAcquireException", "query: LedgerAcquireException", "scope: LedgerAcquireException", "next: ", "next: done"], _seen);
    }

    [Fact]
    public void SendsNothing_WhenTheVersionDoesNotHaveTheQuery()
    {
        var peer = new RawLocalPeer(version: 20);
        using IDisposable ask = Ask(peer.Ours.StateQuery.Query(LedgerQuery.In(Era.Conway).StakeDistribution));
        peer.Wait(TimeSpan.FromSeconds(1));

        peer.Send(Id, "8101");

        Assert.Equal(["8108", "8105"], peer.Heard);
        Assert.Equal(["WrongVersionException"], _seen);
    }

    [Fact]
    public void KeepsTheStateAndTheConnection_WhenAResultIsOfAnotherEraOrCannotBeRead()
    {
        var peer = new RawLocalPeer();
        using IDisposable scope = peer.Ours.StateQuery.Acquire().Subscribe(view =>
        {
            Ask(view.Query(LedgerQuery.In(Era.Conway).Epoch));
            Ask(view.Query(LedgerQuery.In(Era.Conway).Epoch));
            Ask(view.Query(LedgerQuery.Raw(new byte[] { 0x81, 0x18, 0x63 })));
        });
        peer.Wait(TimeSpan.FromSeconds(1));

        peer.Send(Id, "8101");
        peer.Send(Id, "820482820666436f6e77617982076844696a6b73747261");
        peer.Send(Id, "8204816161");
        peer.Send(Id, "82049f01ff");

        Assert.Equal(["EraMismatchException", "CodecException", "[_ 1]", "done"], _seen);
        Assert.Null(peer.Cause);
    }

    [Fact]
    public void ReadsAResultThatIsLargerThanTheBudget_WhenANodeSendsOne()
    {
        var peer = new RawLocalPeer();
        int length = 0;
        using IDisposable ask = peer.Ours.StateQuery.Query(LedgerQuery.Raw(new byte[] { 0x07 })).Subscribe(value => length = value.Raw.Length);
        peer.Wait(TimeSpan.FromSeconds(1));
        peer.Send(Id, "8101");

        byte[] result = [0x82, 0x04, 0x5a, 0x01, 0x80, 0x00, 0x00, .. new byte[0x0180_0000]];
        peer.Send(Id, result, sduBytes: 65_535);
        peer.Wait(TimeSpan.FromSeconds(10));

        Assert.Equal(5 + 0x0180_0000, length);
        Assert.Null(peer.Cause);
    }

    [Theory]
    [InlineData("82038101")] // nothing is held
    [InlineData("8105")]
    [InlineData("8109")] // no re-acquire without an acquire
    [InlineData("8101")] // what a node says
    [InlineData("8108" + "8108")]
    [InlineData("8108" + "8107")] // release first
    public void EndsTheConnection_WhenAClientSpeaksOutOfTurn(string hex)
    {
        var peer = new RawLocalPeer(new LocalService { Ledger = new Ledger() });

        peer.Send(Id, hex);

        Assert.Equal(ProtocolViolation.UnexpectedMessage, Assert.IsType<ProtocolViolationException>(peer.Cause).Violation);
    }

    [Fact]
    public void EndsTheConnection_WhenAClientAsksWhatNobodyKnows()
    {
        var ledger = new Ledger();
        var peer = new RawLocalPeer(new LocalService { Ledger = ledger });

        peer.Send(Id, "8108" + "82038118" + "63");
        peer.Wait(TimeSpan.FromSeconds(1));

        Assert.IsType<CodecException>(peer.Cause);
        Assert.Equal(0, ledger.Held);
    }

    [Fact]
    public void HoldsOneStateForEachClient_WhenAcquiredReAcquiredReleasedOrGone()
    {
        var ledger = new Ledger();
        var peer = new RawLocalPeer(new LocalService { Ledger = ledger });
        var counts = new List<int>();

        foreach (string hex in (string[])["8108", "810b", "820680", "810a", "8105", "8108"])
        {
            peer.Send(Id, hex);
            counts.Add(ledger.Held);
        }

        peer.Ours.Dispose();
        peer.Wait(TimeSpan.FromSeconds(1));

        // The point is too old: what was held is gone.
        Assert.Equal([1, 1, 0, 1, 0, 1], counts);
        Assert.Equal(["8101", "8101", "820200", "8101", "8101"], peer.Heard);
        Assert.Equal(0, ledger.Held);
    }

    [Fact]
    public void AnswersWhenItIsThere_WhenAHandlerTakesItsTime()
    {
        var ledger = new Ledger { Later = new Subject<ReadOnlyMemory<byte>>() };
        var peer = new RawLocalPeer(new LocalService { Ledger = ledger });
        peer.Send(Id, "8108" + "82038101" + "82038102");
        peer.Wait(TimeSpan.FromHours(5));
        string[] before = [.. peer.Heard];

        ledger.Later.OnNext(new byte[] { 0x07 });
        peer.Wait(TimeSpan.FromSeconds(1));

        Assert.Equal(["8101"], before);
        Assert.Equal(["8101", "820407"], peer.Heard);
        Assert.Equal([LedgerRequestKind.SystemStart, LedgerRequestKind.ChainBlockNumber], ledger.Asked.Select(request => request.Kind));
    }

    [Fact]
    public void EndsAsLocal_WhenAHandlerThrows()
    {
        var peer = new RawLocalPeer(new LocalService { Ledger = new Ledger { Failure = new InvalidOperationException("mine") } });

        peer.Send(Id, "8108" + "82038101");

        Assert.Equal(("mine", Fault.Local), (Assert.IsType<HandlerException>(peer.Cause).InnerException?.Message, peer.Cause.Fault));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(262_144)]
    public void AnswersTypedAndRawQueries_WhenClientMeetsNode(int chunk)
    {
        var pair = new VirtualLocalPair(new LocalService { Ledger = new Ledger() }, bearer: new() { MaxChunk = chunk });
        using IDisposable start = Ask(pair.Client.StateQuery.Query(LedgerQuery.SystemStart).Select(at => at.Year));
        using IDisposable epoch = Ask(pair.Client.StateQuery.Query(LedgerQuery.In(Era.Conway).Epoch));
        using IDisposable wrong = Ask(pair.Client.StateQuery.Query(LedgerQuery.In(Era.Babbage).Epoch));
        using IDisposable raw = Ask(pair.Client.StateQuery.Query(LedgerQuery.Raw(new byte[] { 0x81, 0x03 }), LedgerTarget.ImmutableTip));
        using IDisposable old = Ask(pair.Client.StateQuery.Query(LedgerQuery.ChainPoint, LedgerTarget.At(Point.Origin)));

        pair.Run(TimeSpan.FromSeconds(1));
        ValueTask disposed = pair.Client.DisposeAsync();
        pair.Run(TimeSpan.FromSeconds(3));

        Assert.Equal(["2017", "done", "10", "done", "EraMismatchException", "[]", "done", "LedgerAcquireException"], _seen);
        Assert.True(disposed.IsCompletedSuccessfully);
        Assert.Null(pair.NodeCause);
    }

    [Fact]
    public void ReleasesAndEndsByAgreement_WhenDisposedWhileAStateIsHeld()
    {
        var ledger = new Ledger();
        var pair = new VirtualLocalPair(new LocalService { Ledger = ledger });
        using IDisposable scope = Ask(pair.Client.StateQuery.Acquire().Select(_ => "held"));
        pair.Run(TimeSpan.FromSeconds(1));

        ValueTask disposed = pair.Client.DisposeAsync();
        pair.Run(TimeSpan.FromSeconds(3));

        Assert.Equal(["held", "ConnectionClosedException"], _seen);
        Assert.True(disposed.IsCompletedSuccessfully);
        Assert.True(pair.Node.Completion.IsCompleted);
        Assert.Null(pair.NodeCause);
        Assert.Equal(0, ledger.Held);
    }

    private IDisposable Ask<T>(IObservable<T> question, string name = "") => question.Subscribe(
        value => _seen.Add($"{name}{value}"), error => _seen.Add($"{name}{error.GetType().Name}"), () => _seen.Add($"{name}done"));

    /// <summary>In Conway, at origin, in epoch 10; points are too old.</summary>
    private sealed class Ledger : ILedgerStates
    {
        public int Held { get; private set; }

        public Subject<ReadOnlyMemory<byte>>? Later { get; init; }

        public Exception? Failure { get; init; }

        public List<LedgerRequest> Asked { get; } = [];

        public ILedgerState? TryAcquire(LedgerTarget target, out LedgerAcquireFailure failure)
        {
            failure = LedgerAcquireFailure.PointTooOld;
            if (target.Kind == LedgerTargetKind.Point)
            {
                return null;
            }

            Held++;
            return new State(this);
        }

        private sealed class State(Ledger ledger) : ILedgerState
        {
            public IObservable<ReadOnlyMemory<byte>> Answer(LedgerRequest request)
            {
                ledger.Asked.Add(request);
                return ledger.Failure is { } failure ? throw failure : ledger.Later ?? Observable.Return(At(request));
            }

            public void Dispose() => ledger.Held--;

            private static ReadOnlyMemory<byte> At(LedgerRequest request) => request.Kind switch
            {
                LedgerRequestKind.SystemStart => LedgerAnswer.SystemStart(new DateTimeOffset(2017, 9, 23, 21, 44, 51, TimeSpan.Zero)),
                LedgerRequestKind.ChainBlockNumber => LedgerAnswer.ChainBlockNumber(null),
                LedgerRequestKind.CurrentEra => LedgerAnswer.CurrentEra(Era.Conway),
                LedgerRequestKind.EraQuery when request.Era != Era.Conway => LedgerAnswer.WrongEra(request.Era, Era.Conway),
                LedgerRequestKind.EraQuery => LedgerAnswer.OfEra(LedgerAnswer.Number(10).Span),
                _ => LedgerAnswer.ChainPoint(Point.Origin),
            };
        }
    }
}
