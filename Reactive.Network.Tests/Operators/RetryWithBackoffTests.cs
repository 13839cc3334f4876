using System.Reactive.Linq;
using Microsoft.Reactive.Testing;
using Reactive.Network.Operators;
using Reactive.Network.Pacing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Operators;

public class RetryWithBackoffTests
{
    private static readonly Backoff Exact = new() { First = TimeSpan.FromTicks(20), Factor = 2, Max = TimeSpan.FromTicks(50), Jitter = 0 };

    private readonly TestScheduler _time = new();

    [Fact]
    public void WaitsLongerEachTime_WhenItFailsInARow()
    {
        ITestableObservable<char> source = _time.Cold("#");

        ITestableObserver<char> seen = _time.Start(() => source.RetryWithBackoff(Exact with { MaxRetries = 4 }, _time));

        Assert.Equal([0, 21, 62, 113, 164], source.Subscriptions.Select(static s => s.Subscribe - ReactiveTest.Subscribed));
        Assert.Same(Marbles.Error, Assert.Single(seen.Messages).Value.Exception);
    }

    [Fact]
    public void WaitsAfterWholeRounds_WhenThereAreAlternatives()
    {
        ITestableObservable<char> source = _time.Cold("#");

        _time.Start(() => source.RetryWithBackoff(Exact with { Alternatives = 3, MaxRetries = 6 }, _time));

        // Each try fails a tick after it began; a turn of the scheduler is a tick.
        Assert.Equal([0, 2, 4, 25, 27, 29, 70], source.Subscriptions.Select(static s => s.Subscribe - ReactiveTest.Subscribed));
    }

    [Fact]
    public void BeginsTheCountAnew_WhenAnElementCame()
    {
        ITestableObservable<char> source = _time.Cold("a-#");

        ITestableObserver<char> seen = _time.Start(() => source.RetryWithBackoff(Exact with { MaxRetries = 1 }, _time).Take(3));

        seen.ShouldRead("a---a---(a|)");
        Assert.Equal([0, 40, 80], source.Subscriptions.Select(static s => (s.Subscribe - ReactiveTest.Subscribed) / 10 * 10));
    }

    [Theory]
    [InlineData("a-b-|")]
    [InlineData("----|")]
    [InlineData("-----")]
    public void PassesOn_WhenNothingFails(string diagram)
    {
        ITestableObserver<char> seen = _time.Start(() => _time.Cold(diagram).RetryWithBackoff(Exact, _time));

        seen.ShouldRead(diagram);
    }

    [Fact]
    public void FailsAtOnce_WhenTheErrorIsNotWorthATry()
    {
        ITestableObserver<char> seen = _time.Start(() => _time.Cold("a-#").RetryWithBackoff(Exact with { RetryOn = static _ => false }, _time));

        seen.ShouldRead("a-#");
    }

    [Fact]
    public void FailsWithIt_WhenTheQuestionThrows()
    {
        ITestableObserver<char> seen = _time.Start(() => _time.Cold("#")
            .RetryWithBackoff(Exact with { RetryOn = static _ => throw new InvalidTimeZoneException() }, _time));

        Assert.IsType<InvalidTimeZoneException>(Assert.Single(seen.Messages).Value.Exception);
    }

    [Fact]
    public void EndsTheWait_WhenDisposed()
    {
        ITestableObservable<char> source = _time.Cold("#");

        _time.Start(() => source.RetryWithBackoff(Exact, _time), 100, 200, 210);

        Assert.Equal(200, Assert.Single(source.Subscriptions).Subscribe);
    }

    [Fact]
    public void TriesAgain_WhenSubscribingThrows()
    {
        int tries = 0;
        IObservable<char> source = Observable.Defer<char>(() => ++tries < 3 ? throw new InvalidTimeZoneException() : Observable.Return('a'));

        ITestableObserver<char> seen = _time.Start(() => source.RetryWithBackoff(Exact, _time));

        Assert.Equal('a', seen.Messages[0].Value.Value);
        Assert.Equal(3, tries);
    }

    [Fact]
    public void IsAsPacedAsItsSource_WhenAsked()
    {
        var paced = new ScriptedPacedSource<int>();
        var observer = new CollectingPacedObserver<int>();
        Assert.False(Observable.Never<int>().RetryWithBackoff(Exact, _time) is IPacedObservable<int>);
        using IDisposable subscription = ((IPacedObservable<int>)paced.RetryWithBackoff(Exact, _time)).Subscribe(observer);

        paced.Send(1);
        paced.Fail(Marbles.Error);
        _time.Start();
        paced.Send(2);

        Assert.Equal([1, 2], observer.Seen);
        Assert.Equal((2, 2), (paced.Outstanding, paced.Subscriptions));
    }

    [Fact]
    public void StaysWithinTheJitterAndReplays_WhenDrawnFromASeed()
    {
        Backoff backoff = new() { First = TimeSpan.FromSeconds(1), Factor = 3, Max = TimeSpan.FromSeconds(60), Jitter = 0.25 };
        double[] expected = [1, 3, 9, 27, 60, 60];
        for (int seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            TimeSpan[] waits = [.. Enumerable.Range(1, 6).Select(n => backoff.DelayAfter(n, random))];

            Assert.All(waits.Zip(expected), pair => Assert.InRange(pair.First.TotalSeconds, pair.Second * 0.75, pair.Second * 1.25));
            var again = new Random(seed);
            Assert.Equal(waits, Enumerable.Range(1, 6).Select(n => backoff.DelayAfter(n, again)));
        }
    }

    [Fact]
    public void StaysAtTheLimit_WhenItHasFailedForEver() =>
        Assert.Equal(TimeSpan.FromSeconds(60), (new Backoff { Jitter = 0 }).DelayAfter(int.MaxValue, new Random(1)));

    [Fact]
    public void RefusesAtOnce_WhenOptionsAreOutOfRange()
    {
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Backoff { First = TimeSpan.Zero });
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Backoff { Max = TimeSpan.Zero });
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Backoff { Factor = 0.5 });
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Backoff { Factor = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Backoff { Jitter = 1.5 });
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Backoff { MaxRetries = -1 });
    }
}
