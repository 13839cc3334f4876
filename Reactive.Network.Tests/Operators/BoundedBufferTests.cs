using System.Diagnostics.Metrics;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using Microsoft.Reactive.Testing;
using Reactive.Network.Operators;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Operators;

public class BoundedBufferTests
{
    private readonly TestScheduler _time = new();

    [Theory]
    [InlineData(Overflow.DropOldest, "--(abc)--d--|", "--(bc)---d--|")]
    [InlineData(Overflow.DropNewest, "--(abc)--d--|", "--(ab)---d--|")]
    [InlineData(Overflow.Conflate, "--(abcd)-e--|", "--(cd)---e--|")]
    [InlineData(Overflow.Fail, "--(ab)---d--|", "--(ab)---d--|")]
    public void FollowsThePolicy_WhenMoreComeThanFit(Overflow overflow, string sent, string read)
    {
        ITestableObservable<char> source = _time.Hot(sent);

        ITestableObserver<char> seen = _time.Start(() => source.BoundedBuffer(2, overflow, _time));

        seen.ShouldRead(read);
        source.ShouldBeSubscribed("^-----------!");
    }

    [Fact]
    public void DeliversWhatWaitsAndFailsTyped_WhenFull()
    {
        ITestableObservable<char> source = _time.Hot("--(abc)--d--|");

        ITestableObserver<char> seen = _time.Start(() => source.BoundedBuffer(capacity: 2, scheduler: _time));

        Assert.Equal("ab", string.Concat(seen.Messages.Take(2).Select(static m => m.Value.Value)));
        QueueOverflowException error = Assert.IsType<QueueOverflowException>(seen.Messages[^1].Value.Exception);
        Assert.Equal((Fault.Local, "BoundedBuffer", 2, 2, 1), (error.Fault, error.Queue, error.Capacity, error.Waiting, error.Weight));
        source.ShouldBeSubscribed("^-!");
    }

    [Theory]
    [InlineData("-----|")]
    [InlineData("--a--#")]
    [InlineData("------")]
    public void PassesOn_WhenEmptyOrFailingOrNeverEnding(string diagram)
    {
        ITestableObserver<char> seen = _time.Start(() => _time.Hot(diagram).BoundedBuffer(2, Overflow.Fail, _time));

        seen.ShouldRead(diagram);
    }

    [Fact]
    public void CostsOneTurn_WhenABatchIsDelivered()
    {
        ITestableObserver<char> seen = _time.Start(() => _time.Hot("--(abc)").BoundedBuffer(3, Overflow.Fail, _time));

        Assert.All(seen.Messages, static m => Assert.Equal(221, m.Time));
    }

    [Fact]
    public void YieldsAndGoesOn_WhenManyWait()
    {
        using var source = new Subject<int>();
        List<(long Tick, int Value)> seen = [];
        using IDisposable subscription = source.BoundedBuffer(1000, Overflow.Fail, _time).Subscribe(x => seen.Add((_time.Clock, x)));

        for (int i = 0; i < 130; i++)
        {
            source.OnNext(i);
        }

        _time.Start();

        Assert.Equal(Enumerable.Range(0, 130), seen.Select(static x => x.Value));
        Assert.Equal([64, 64, 2], seen.GroupBy(static x => x.Tick).Select(static turn => turn.Count()));
    }

    [Fact]
    public void StopsAtOnce_WhenDisposedInOnNext()
    {
        using var source = new Subject<int>();
        List<int> seen = [];
        IDisposable subscription = null!;
        subscription = source.BoundedBuffer(10, Overflow.Fail, _time).Subscribe(x =>
        {
            seen.Add(x);
            subscription.Dispose();
        });
        source.OnNext(1);
        source.OnNext(2);

        _time.Start();

        Assert.Equal([1], seen);
        Assert.False(source.HasObservers);
    }

    [Fact]
    public void EndsTheSubscriptionAndSurfaces_WhenTheObserverThrows()
    {
        using var source = new Subject<int>();
        int calls = 0;
        using IDisposable subscription = source.BoundedBuffer(10, Overflow.Fail, _time).Subscribe(_ =>
        {
            calls++;
            throw new InvalidTimeZoneException();
        });
        source.OnNext(1);
        source.OnNext(2);

        Assert.Throws<InvalidTimeZoneException>(_time.Start);
        _time.Start();

        Assert.Equal(1, calls);
        Assert.False(source.HasObservers);
    }

    [Fact]
    public void NeverReenters_WhenTheObserverFeedsTheSource()
    {
        using var source = new Subject<int>();
        List<string> trace = [];
        using IDisposable subscription = source.BoundedBuffer(10, Overflow.Fail, ImmediateScheduler.Instance).Subscribe(x =>
        {
            trace.Add($"<{x}");
            if (x < 3)
            {
                source.OnNext(x + 1);
            }

            trace.Add($"{x}>");
        });

        source.OnNext(1);

        Assert.Equal(["<1", "1>", "<2", "2>", "<3", "3>"], trace);
    }

    [Theory]
    [InlineData(Overflow.DropOldest, "58", "3")]
    [InlineData(Overflow.DropNewest, "35", "8")]
    [InlineData(Overflow.Conflate, "8", "35")]
    public void CountsByWeight_WhenWeighed(Overflow overflow, string read, string lost)
    {
        using var source = new Subject<int>();
        string dropped = "";
        string seen = "";
        using IDisposable subscription = source
            .BoundedBuffer(13, overflow, weigh: static x => x, onDropped: x => dropped += x, scheduler: _time)
            .Subscribe(x => seen += x);

        foreach (int weight in new[] { 3, 5, 8 })
        {
            source.OnNext(weight);
        }

        _time.Start();
        Assert.Equal((read, lost), (seen, dropped));
    }

    [Fact]
    public void TakesOne_WhenItIsHeavierThanTheCapacityAndNothingWaits()
    {
        using var source = new Subject<int>();
        List<int> seen = [];
        using IDisposable subscription = source.BoundedBuffer(10, weigh: static x => x, scheduler: _time).Subscribe(seen.Add);

        source.OnNext(1000);
        _time.Start();

        Assert.Equal([1000], seen);
    }

    [Fact]
    public void StaysBounded_WhenWeightsAreZero()
    {
        using var source = new Subject<int>();
        Exception? error = null;
        using IDisposable subscription = source.BoundedBuffer(5, weigh: static _ => 0, scheduler: _time).Subscribe(static _ => { }, e => error = e);

        for (int i = 0; i < 6; i++)
        {
            source.OnNext(i);
        }

        _time.Start();
        Assert.IsType<QueueOverflowException>(error);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FailsWithIt_WhenACallbackThrows(bool inWeigh)
    {
        using var source = new Subject<int>();
        Exception? error = null;
        using IDisposable subscription = source.BoundedBuffer(
            1,
            Overflow.DropNewest,
            weigh: _ => inWeigh ? throw new InvalidTimeZoneException() : 1,
            onDropped: _ => throw new InvalidTimeZoneException(),
            scheduler: _time).Subscribe(static _ => { }, e => error = e);

        source.OnNext(1);
        source.OnNext(2);
        _time.Start();

        Assert.IsType<InvalidTimeZoneException>(error);
        Assert.False(source.HasObservers);
    }

    [Fact]
    public void CountsEachDrop_WhenDropping()
    {
        int thread = Environment.CurrentManagedThreadId;
        List<string> counted = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == "Reactive.Network.Operators" && instrument.Name == "reactive_network.queue.dropped")
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, n, tags, _) =>
        {
            // The meter is one for the process; other tests drop on their own threads.
            if (Environment.CurrentManagedThreadId == thread)
            {
                counted.Add($"{n} {tags[0].Value} {tags[1].Value}");
            }
        });
        listener.Start();

        _time.Start(() => _time.Hot("--(abcd)").BoundedBuffer(2, Overflow.Conflate, _time));

        Assert.Equal(["2 BoundedBuffer Conflate"], counted);
    }

    [Fact]
    public void GivesAtMostTheCapacity_WhenAPacedObserverReturnsNothing()
    {
        using var source = new Subject<int>();
        var observer = new CollectingPacedObserver<int>();
        var buffer = (Pacing.IPacedObservable<int>)source.BoundedBuffer(3, Overflow.DropOldest, _time);
        using IDisposable subscription = buffer.Subscribe(observer);
        void Send(int from, int count)
        {
            for (int i = from; i < from + count; i++)
            {
                source.OnNext(i);
            }

            _time.Start();
        }

        Send(1, 3);
        Send(4, 7);
        Assert.Equal([1, 2, 3], observer.Seen);
        observer.ReturnOne();
        _time.Start();

        Assert.Equal([1, 2, 3, 8], observer.Seen);
    }

    [Fact]
    public void GivesWhatItWaitsFor_WhenCreditsComeBackInAnyInterleaving() => SeededScheduler.ForEachSeed(50, static time =>
    {
        using var source = new Subject<int>();
        List<int> seen = [];
        using IDisposable subscription = source.BoundedBuffer(20, Overflow.Fail, time).BoundedBuffer(2, Overflow.Fail, time).BoundedBuffer(5, Overflow.Fail, time)
            .Subscribe(seen.Add);

        for (int i = 0; i < 20; i++)
        {
            source.OnNext(i);
        }

        time.Run();
        Assert.Equal(Enumerable.Range(0, 20), seen);
    });
}
