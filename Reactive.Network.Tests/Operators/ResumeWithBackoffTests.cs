using System.Reactive.Linq;
using Microsoft.Reactive.Testing;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Pacing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Operators;

/// <summary>
/// Diagrams: a small letter is a block on top, a capital a roll back to the block of that letter (<c>O</c> to origin), a digit an intersection: 0 at
/// origin, 1 at a, 2 at b.
/// </summary>
public class ResumeWithBackoffTests
{
    private static readonly Backoff Exact = new() { First = TimeSpan.FromTicks(20), Factor = 2, Max = TimeSpan.FromTicks(100), Jitter = 0 };

    private readonly TestScheduler _time = new();
    private readonly List<string> _offered = [];

    [Fact]
    public void ResumesAtTheLastBlock_WhenTheSourceFails()
    {
        ITestableObserver<ChainEvent<char>> seen = Run("0ab#", "2c-#", "3d");

        seen.ShouldRead("0ab--2c---3d", ToLetter);
        Assert.Equal(["bao", "cbao"], _offered);
    }

    [Fact]
    public void RollsBackToTheIntersection_WhenTheLastBlockIsGone()
    {
        ITestableObserver<ChainEvent<char>> seen = Run("0abc#", "1x--");

        seen.ShouldRead("0abc--Ax", ToLetter);
    }

    [Fact]
    public void RollsBackToOrigin_WhenNothingElseIsShared()
    {
        ITestableObserver<ChainEvent<char>> seen = Run("0ab#", "0x--");

        seen.ShouldRead("0ab--Ox", ToLetter);
    }

    [Fact]
    public void OffersWhatIsLeft_WhenItWasRolledBackBefore()
    {
        Run("0abcA#", "1");

        Assert.Equal(["ao"], _offered);
    }

    [Fact]
    public void OffersTheIntersection_WhenARollBackTookItsPlace()
    {
        Run("0abc#", "1#", "1");

        Assert.Equal(["cbao", "ao"], _offered);
    }

    [Fact]
    public void BeginsAgain_WhenItFailedBeforeAnIntersection()
    {
        ITestableObservable<ChainEvent<char>> source = _time.Cold("-#", ToEvent);

        _time.Start(() => source.ResumeWithBackoff(static _ => throw new InvalidTimeZoneException(), Exact with { MaxRetries = 2 }, scheduler: _time));

        Assert.Equal(3, source.Subscriptions.Count);
    }

    [Fact]
    public void OffersNothingTooFarBack_WhenThereIsALimit()
    {
        ITestableObservable<ChainEvent<char>> source = _time.Cold("0abcdefgh#", ToEvent);

        _time.Start(() => source.ResumeWithBackoff(Resume([]), Exact with { MaxRetries = 1 }, maxRollBack: 3, _time));

        Assert.Equal(["hgfe"], _offered);
    }

    [Fact]
    public void WaitsLonger_WhenPeersOnlyIntersectAndFail()
    {
        ITestableObserver<ChainEvent<char>> seen = Run("0a#", "1#", "1#", "1-");

        // 20, 40, 80 ticks, and the time to the failure.
        seen.ShouldRead("0a--1----1--------1", ToLetter);
    }

    [Fact]
    public void BeginsTheCountAnew_WhenABlockCame()
    {
        ITestableObserver<ChainEvent<char>> seen = Run("0a#", "1b#", "2c#", "3");

        seen.ShouldRead("0a--1b--2c--3", ToLetter);
    }

    [Fact]
    public void Fails_WhenTheRulesSaySo()
    {
        ITestableObservable<ChainEvent<char>> source = _time.Cold("0a#", ToEvent);

        ITestableObserver<ChainEvent<char>> seen = _time.Start(
            () => source.ResumeWithBackoff(Resume([]), Exact with { RetryOn = static _ => false }, scheduler: _time));

        seen.ShouldRead("0a#", ToLetter);
    }

    [Fact]
    public void Fails_WhenResumingThrowsAndTheRulesAreDone()
    {
        ITestableObservable<ChainEvent<char>> source = _time.Cold("0a#", ToEvent);

        ITestableObserver<ChainEvent<char>> seen = _time.Start(
            () => source.ResumeWithBackoff(static _ => throw new InvalidTimeZoneException(), Exact with { MaxRetries = 1 }, scheduler: _time));

        Assert.IsType<InvalidTimeZoneException>(seen.Messages[^1].Value.Exception);
    }

    [Fact]
    public void PassesOn_WhenNothingFails()
    {
        Run("0abA|").ShouldRead("0abA|", ToLetter);
        Assert.Empty(_offered);
    }

    [Fact]
    public void LeavesTheSource_WhenDisposed()
    {
        ITestableObservable<ChainEvent<char>> source = _time.Cold("0a---------", ToEvent);

        _time.Start(() => source.ResumeWithBackoff(Resume([]), Exact, scheduler: _time), 100, 200, 230);

        source.ShouldBeSubscribed("^--!");
    }

    [Fact]
    public void IsAsPacedAsItsSource()
    {
        var paced = new ScriptedPacedSource<ChainEvent<char>>();

        Assert.IsAssignableFrom<IPacedObservable<ChainEvent<char>>>(paced.ResumeWithBackoff(Resume([]), Exact, scheduler: _time));
        Assert.IsNotAssignableFrom<IPacedObservable<ChainEvent<char>>>(
            Observable.Never<ChainEvent<char>>().ResumeWithBackoff(Resume([]), Exact, scheduler: _time));
    }

    [Fact]
    public void KeepsATrailForEachSubscription()
    {
        IObservable<ChainEvent<char>> resumed = _time.Cold("0a#", ToEvent).ResumeWithBackoff(Resume(["1b-", "1b-"]), Exact, scheduler: _time);

        ITestableObserver<ChainEvent<char>> first = _time.CreateObserver<ChainEvent<char>>();
        ITestableObserver<ChainEvent<char>> second = _time.CreateObserver<ChainEvent<char>>();
        _time.ScheduleAbsolute(0, 200, (_, _) => resumed.Subscribe(first));
        _time.ScheduleAbsolute(0, 200, (_, _) => resumed.Subscribe(second));
        _time.AdvanceTo(300);

        first.ShouldRead("0a--1b", ToLetter);
        second.ShouldRead("0a--1b", ToLetter);
    }

    private static ChainEvent<char> ToEvent(char letter) => letter switch
    {
        'O' => new(ChainEventKind.RollBackward, Point.Origin, ' ', default),
        >= 'A' and <= 'Z' => new(ChainEventKind.RollBackward, At(char.ToLowerInvariant(letter)), ' ', default),
        '0' => new(ChainEventKind.Intersected, Point.Origin, ' ', default),
        >= '1' and <= '9' => new(ChainEventKind.Intersected, At((char)('a' + letter - '1')), ' ', default),
        _ => new(ChainEventKind.RollForward, At(letter), letter, default),
    };

    private static char ToLetter(ChainEvent<char> value) => value.Kind switch
    {
        ChainEventKind.RollForward => value.Value,
        ChainEventKind.RollBackward => value.Point.IsOrigin ? 'O' : char.ToUpperInvariant(Letter(value.Point)),
        _ => value.Point.IsOrigin ? '0' : (char)('1' + Letter(value.Point) - 'a'),
    };

    private static Point At(char letter) => new(letter, default);

    private static char Letter(Point point) => point.IsOrigin ? 'o' : (char)point.Slot;

    private ITestableObserver<ChainEvent<char>> Run(string source, params string[] later) =>
        _time.Start(() => _time.Cold(source, ToEvent).ResumeWithBackoff(Resume(later), Exact, scheduler: _time));

    private Func<IReadOnlyList<Point>, IObservable<ChainEvent<char>>> Resume(string[] later)
    {
        int next = 0;
        return points =>
        {
            _offered.Add(string.Concat(points.Select(Letter)));
            return next < later.Length ? _time.Cold(later[next++], ToEvent) : Observable.Never<ChainEvent<char>>();
        };
    }
}
