using System.Reactive.Linq;
using Microsoft.Reactive.Testing;
using Reactive.Network.Operators;
using Reactive.Network.Pacing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Operators;

/// <summary><c>BoundedBuffer</c> on sources that can be slowed: nothing is dropped, and demand follows consumption.</summary>
public class BoundedBufferPacedTests
{
    private readonly TestScheduler _time = new();

    [Fact]
    public void ReturnsCreditAfterOnNext_WhenTheObserverIsPlain()
    {
        var source = new ScriptedPacedSource<int>(window: 3);
        List<long> outstandingInOnNext = [];
        using IDisposable subscription = source.BoundedBuffer(10, Overflow.Fail, _time).Subscribe(_ => outstandingInOnNext.Add(source.Outstanding));
        source.Send(1);
        source.Send(2);

        Assert.Equal(2, source.Outstanding);
        _time.Start();

        Assert.Equal([2, 1], outstandingInOnNext);
        Assert.Equal(0, source.Outstanding);
    }

    [Fact]
    public void StopsDemandWithinTheWindow_WhenNothingIsTaken()
    {
        var source = new ScriptedPacedSource<int>(window: 300);
        using IDisposable subscription = source.BoundedBuffer(16, Overflow.Fail, _time).Subscribe();
        IEnumerator<int> endless = Enumerable.Range(0, int.MaxValue).GetEnumerator();

        int sent = source.SendWhileRoom(endless);

        Assert.Equal((300, 300), (sent, source.Outstanding));
    }

    [Theory]
    [InlineData(Overflow.Fail)]
    [InlineData(Overflow.DropOldest)]
    [InlineData(Overflow.DropNewest)]
    [InlineData(Overflow.Conflate)]
    public void LosesNothing_WhenTheWindowIsLargerThanTheCapacity(Overflow overflow)
    {
        var source = new ScriptedPacedSource<int>(window: 50);
        IEnumerator<int> values = Enumerable.Range(0, 500).GetEnumerator();
        source.CreditReturned = () => source.SendWhileRoom(values);
        List<int> seen = [];
        using IDisposable subscription = source.BoundedBuffer(4, overflow, _time).Subscribe(seen.Add);

        source.SendWhileRoom(values);
        _time.Start();

        Assert.Equal(Enumerable.Range(0, 500), seen);
        Assert.Equal(50, source.PeakOutstanding);
    }

    [Fact]
    public void PassesCreditsThrough_WhenTheObserverIsPaced()
    {
        var source = new ScriptedPacedSource<int>(window: 100);
        var observer = new CollectingPacedObserver<int>();
        var chain = (IPacedObservable<int>)source.BoundedBuffer(1, Overflow.Fail, _time).BoundedBuffer(1, Overflow.Fail, _time);
        using IDisposable subscription = chain.Subscribe(observer);
        source.Send(1, weight: 40);
        source.Send(2, weight: 60);
        _time.Start();

        Assert.Equal([1, 2], observer.Seen);
        Assert.Equal(100, source.Outstanding);
        observer.ReturnOne();
        Assert.Equal(60, source.Outstanding);
        observer.ReturnOne();

        Assert.Equal(0, source.Outstanding);
    }

    [Fact]
    public void DeliversWhatWaitsThenTheEnd_WhenTheSourceEnds()
    {
        var failing = new ScriptedPacedSource<int>();
        var completing = new ScriptedPacedSource<int>();
        var seen1 = new CollectingPacedObserver<int>();
        var seen2 = new CollectingPacedObserver<int>();
        using IDisposable first = ((IPacedObservable<int>)failing.BoundedBuffer(2, Overflow.Fail, _time)).Subscribe(seen1);
        using IDisposable second = ((IPacedObservable<int>)completing.BoundedBuffer(2, Overflow.Fail, _time)).Subscribe(seen2);
        failing.Send(1);
        failing.Fail(Marbles.Error);
        completing.Send(1);
        completing.Complete();

        _time.Start();

        Assert.Equal([1], seen1.Seen);
        Assert.Same(Marbles.Error, seen1.Error);
        Assert.Equal([1], seen2.Seen);
        Assert.True(seen2.IsCompleted);
        Assert.False(failing.IsSubscribed || completing.IsSubscribed);
    }

    [Fact]
    public void ForgetsWhatWaitsAndLeaves_WhenDisposed()
    {
        var source = new ScriptedPacedSource<int>();
        var observer = new CollectingPacedObserver<int>();
        IDisposable subscription = ((IPacedObservable<int>)source.BoundedBuffer(2, Overflow.Fail, _time)).Subscribe(observer);
        source.Send(1);

        subscription.Dispose();
        _time.Start();

        Assert.Empty(observer.Seen);
        Assert.False(source.IsSubscribed);
    }

    [Fact]
    public void IsNotSlowed_WhenAnRxOperatorHidesThePacing()
    {
        var source = new ScriptedPacedSource<int>(window: 10);
        Exception? error = null;
        using IDisposable subscription = source.Where(static _ => true).BoundedBuffer(2, Overflow.Fail, _time).Subscribe(static _ => { }, e => error = e);

        for (int i = 0; i < 3; i++)
        {
            source.Send(i);
        }

        _time.Start();
        Assert.IsType<QueueOverflowException>(error);
    }
}
