using System.Reactive.Linq;
using System.Reactive.Subjects;
using Microsoft.Reactive.Testing;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Protocols.LocalTxMonitor;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Operators;

/// <summary>
/// Drawn as text: a small letter is a block, a large one a block with the transaction (of the slot of the small one), <c>&lt;a</c> a roll back, <c>+</c> and <c>-</c>
/// what the mempool says at the slot behind the last block, <c>~a</c> that it has gone at the slot behind a block that is still to come. What is told: <c>M</c> in mempool, the depth in a
/// block, <c>C</c> confirmed, <c>G</c> gone, <c>|</c> complete, <c>#</c> failed.
/// </summary>
public sealed class TrackTransactionTests : IDisposable
{
    private static readonly Transaction Tx = new(Era.Conway, Convert.FromHexString("8401a0f5f6"));

    private readonly TestScheduler _time = new();
    private readonly Subject<ChainEvent<Block>> _chain = new();
    private readonly Subject<MempoolDifference> _mempool = new();
    private readonly List<string> _seen = [];
    private Exception? _error;
    private ulong _next;

    public void Dispose()
    {
        _chain.Dispose();
        _mempool.Dispose();
    }

    [Theory]
    [InlineData(1, "a+Bc", "M0C|")]
    [InlineData(2, "a+Bcd", "M01C|")]
    [InlineData(2, "aBcd", "01C|")]
    [InlineData(2, "abcd", "")]
    public void GoesFromTheMempoolIntoABlockAndDown_WhenNothingIsRolledBack(int depth, string drawn, string told) => Check(depth, drawn, told);

    [Theory]
    [InlineData(2, "a+B-c<ad", "M01G")]
    [InlineData(2, "a+Bc<aD-ef", "M01M01C|")]
    [InlineData(2, "a+B-c<a+de", "M01GM")]
    [InlineData(2, "a+B-c<aDef", "M01G01C|")]
    [InlineData(4, "a+B-cd<cef", "M012123")]
    [InlineData(2, "a+Bc<bde", "M0101C|")]
    [InlineData(2, "B<@C", "0G0")]
    public void GoesBack_WhenItsBlockIsRolledBack(int depth, string drawn, string told) => Check(depth, drawn, told);

    [Theory]
    [InlineData("a+-", "MG")]
    [InlineData("a+-+", "MGM")]
    [InlineData("a+~c", "M")]
    [InlineData("a+~cb", "M")]
    [InlineData("a+~cbd", "MG")]
    [InlineData("a+~bBcd", "M01C|")]
    public void IsGoneOnlyWhenTheChainHasComeAsFar_WhenTheMempoolHasItNoMore(string drawn, string told) => Check(2, drawn, told);

    [Fact]
    public void SaysWhoseScriptsFailed_WhenItIsInABlock()
    {
        var progress = new List<TransactionProgress>();
        using IDisposable tracking = _chain.TrackTransaction(Tx.Id, _mempool, 1, _time).Subscribe(progress.Add);

        _chain.OnNext(new ChainEvent<Block>(ChainEventKind.RollForward, ChainEvents.At('b'), BlockOf("820201", "8101"), default));
        _time.AdvanceBy(10);

        Assert.Equal(new TransactionProgress(Tx.Id, TransactionStage.InBlock, ChainEvents.At('b'), 0, IsValid: false), Assert.Single(progress));
    }

    [Fact]
    public void Fails_WhenABlockIsOfAnEraThatIsNotKnown()
    {
        using IDisposable tracking = Track(1);

        _chain.OnNext(new ChainEvent<Block>(ChainEventKind.RollForward, ChainEvents.At('b'), Block.FromMemory(Convert.FromHexString("82088100")), default));
        _time.AdvanceBy(10);

        Assert.Equal("#", Told);
        var failed = Assert.IsType<OpaqueBlockException>(_error);
        Assert.Equal((ChainEvents.At('b'), Era.Dijkstra, Fault.Local), (failed.Point, failed.Era, failed.Fault));
        Assert.False(_chain.HasObservers || _mempool.HasObservers);
    }

    [Fact]
    public void Fails_WhenABlockIsNone()
    {
        using IDisposable tracking = Track(1);

        _chain.OnNext(new ChainEvent<Block>(ChainEventKind.RollForward, ChainEvents.At('b'), Block.FromMemory(new byte[] { 0xff }), default));
        _time.AdvanceBy(10);

        Assert.IsType<CodecException>(_error);
    }

    [Fact]
    public void FailsBehindWhatIsTold_WhenTheChainOrTheMempoolFails()
    {
        using IDisposable tracking = Track(1);

        Draw("a+");
        _mempool.OnError(new FormatException("mempool"));
        _chain.OnError(new FormatException("chain"));
        _time.AdvanceBy(10);

        Assert.Equal("M#", Told);
        Assert.Equal("mempool", _error?.Message);
        Assert.False(_chain.HasObservers || _mempool.HasObservers);
    }

    [Fact]
    public void Completes_WhenTheChainDoes()
    {
        using IDisposable tracking = Track(1);

        _chain.OnCompleted();
        _time.AdvanceBy(10);

        Assert.Equal("|", Told);
        Assert.False(_mempool.HasObservers);
    }

    [Fact]
    public void LeavesBoth_WhenDisposed()
    {
        IDisposable tracking = Track(1);
        Draw("a+");

        _chain.OnNext(Event('B'));
        tracking.Dispose();
        _time.AdvanceBy(10);

        Assert.Equal("M", Told);
        Assert.False(_chain.HasObservers || _mempool.HasObservers);
    }

    [Fact]
    public void TellsTheNewestBehindFifteen_WhenTheObserverWasSlow()
    {
        using IDisposable tracking = Track(1);

        // Forty changes before the observer can be called once.
        for (int i = 0; i < 20; i++)
        {
            _mempool.OnNext(new MempoolDifference(0, [Tx], []));
            _mempool.OnNext(new MempoolDifference(0, [], [Tx]));
        }

        _chain.OnNext(Event('B'));
        _time.AdvanceBy(100);

        Assert.Equal("MGMGMGMGMGMGMGM0", Told);
    }

    [Fact]
    public void Passes_WhenTheObserverThrows()
    {
        using IDisposable tracking = _chain.TrackTransaction(Tx.Id, _mempool, 1, _time).Subscribe(_ => throw new FormatException("a bug"));
        _chain.OnNext(Event('B'));

        Assert.Throws<FormatException>(() => _time.AdvanceBy(10));

        Assert.False(_chain.HasObservers || _mempool.HasObservers);
    }

    [Fact]
    public void TakesItForTheSame_WhenItIsRelabelledToAnotherEra()
    {
        using IDisposable tracking = _chain.TrackTransaction(Tx.Id with { Era = Era.Babbage }, _mempool, 1, _time).Subscribe(Add);

        Draw("a+Bc");

        Assert.Equal("M0C", Told);
    }

    private string Told => string.Concat(_seen);

    private static Block BlockOf(string bodies, string invalid = "80") => Block.FromMemory(Convert.FromHexString($"82078500{bodies}a0a0{invalid}"));

    private static ChainEvent<Block> Event(char name) => new(
        ChainEventKind.RollForward, ChainEvents.At(char.ToLowerInvariant(name)), char.IsUpper(name) ? BlockOf("820201") : BlockOf("8102"), default);

    private void Check(int depth, string drawn, string told)
    {
        using IDisposable tracking = Track(depth);

        Draw(drawn);

        Assert.Equal(told, Told);
        Assert.Equal(!told.EndsWith('|'), _chain.HasObservers && _mempool.HasObservers);
    }

    private IDisposable Track(int depth) => _chain.TrackTransaction(Tx.Id, _mempool, depth, _time).Subscribe(
        Add,
        error =>
        {
            _error = error;
            _seen.Add("#");
        },
        () => _seen.Add("|"));

    private void Add(TransactionProgress progress)
    {
        Assert.Equal(progress.Stage is TransactionStage.InBlock or TransactionStage.Confirmed, !progress.Block.IsOrigin);
        _seen.Add(progress.Stage switch
        {
            TransactionStage.InBlock => $"{progress.Depth}",
            var stage => stage.ToString()[..1].Replace("I", "M", StringComparison.Ordinal),
        });
    }

    private void Draw(string drawn)
    {
        for (int i = 0; i < drawn.Length; i++)
        {
            switch (drawn[i])
            {
                case '+':
                    _mempool.OnNext(new MempoolDifference(_next, [Tx], []));
                    break;
                case '-':
                    _mempool.OnNext(new MempoolDifference(_next, [], [Tx]));
                    break;
                case '~':
                    _mempool.OnNext(new MempoolDifference(drawn[++i] + 1UL, [], [Tx]));
                    break;
                case '<':
                    Point point = ChainEvents.At(drawn[++i]);
                    _next = point.IsOrigin ? 0 : point.Slot + 1;
                    _chain.OnNext(new ChainEvent<Block>(ChainEventKind.RollBackward, point, default, default));
                    break;
                default:
                    ChainEvent<Block> change = Event(drawn[i]);
                    _next = change.Point.Slot + 1;
                    _chain.OnNext(change);
                    break;
            }

            _time.AdvanceBy(10);
        }
    }
}
