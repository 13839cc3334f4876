using System.Reactive.Concurrency;
using System.Reactive.Subjects;
using Microsoft.Reactive.Testing;
using Reactive.Network.Operators;
using Reactive.Network.Pacing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Operators;

public sealed class SelectAsyncTests : IDisposable
{
    private readonly TestScheduler _time = new();
    private readonly Dictionary<char, TaskCompletionSource<char>> _tasks = [];
    private readonly List<char> _started = [];
    private readonly List<char> _cancelled = [];
    private readonly Subject<char> _live = new();
    private readonly ScriptedPacedSource<char> _paced = new(window: 10);

    public void Dispose() => _live.Dispose();

    [Fact]
    public void KeepsTheOrder_WhenALaterTaskIsFaster()
    {
        ITestableObservable<char> source = _time.Hot("-a-b------|");
        FinishAt('a', 60);
        FinishAt('b', 40);

        ITestableObserver<char> seen = _time.Start(() => source.SelectAsync(2, Work, _time));

        seen.ShouldRead("------(AB)|");
        source.ShouldBeSubscribed("^---------!");
    }

    [Theory]
    [InlineData("----|")]
    [InlineData("----#")]
    [InlineData("-----")]
    public void PassesOn_WhenEmptyOrFailingOrNeverEnding(string diagram)
    {
        ITestableObserver<char> seen = _time.Start(() => _time.Hot(diagram).SelectAsync(2, Work, _time));

        seen.ShouldRead(diagram);
    }

    [Fact]
    public void StartsNoMoreThanAllowed_WhenResultsAreLate()
    {
        var observer = new CollectingPacedObserver<char>();
        using IDisposable subscription = Subscribe(_paced.SelectAsync(2, Work, _time), observer);
        Send("abcd");

        Assert.Equal(['a', 'b'], _started);
        Finish('b');
        Assert.Equal(['a', 'b'], _started);
        Finish('a');

        Assert.Equal(['a', 'b', 'c', 'd'], _started);
        Assert.Equal(['A', 'B'], observer.Seen);
    }

    [Fact]
    public void ReturnsTheCreditWithTheResult_WhenPaced()
    {
        var observer = new CollectingPacedObserver<char>();
        using IDisposable subscription = Subscribe(_paced.SelectAsync(2, Work, _time), observer);
        Send("abc");
        Finish('a');

        Assert.Equal((3, 1), (_paced.Outstanding, observer.Held));
        observer.ReturnOne();

        Assert.Equal(2, _paced.Outstanding);
    }

    [Fact]
    public void DeliversWhatIsBeforeItThenFails_WhenATaskFails()
    {
        var observer = new CollectingPacedObserver<char>();
        using IDisposable subscription = Subscribe(_paced.SelectAsync(3, Work, _time), observer);
        Send("abc");
        _tasks['b'].SetException(new InvalidTimeZoneException());
        _time.Start();
        Assert.Null(observer.Error);

        Finish('a');

        Assert.Equal(['A'], observer.Seen);
        Assert.IsType<InvalidTimeZoneException>(observer.Error);
        Assert.Equal(['c'], _cancelled);
        Assert.False(_paced.IsSubscribed);
    }

    [Fact]
    public void FailsWithIt_WhenATaskIsCancelledOrTheSelectorThrowsOrReturnsNothing()
    {
        Assert.IsType<TaskCanceledException>(ErrorOf((_, _) => Task.FromCanceled<char>(new CancellationToken(true))));
        Assert.IsType<InvalidTimeZoneException>(ErrorOf((_, _) => throw new InvalidTimeZoneException()));
        Assert.IsType<InvalidOperationException>(ErrorOf((_, _) => null!));
    }

    [Fact]
    public void WaitsForResults_WhenTheSourceEndsFirst()
    {
        var observer = new CollectingPacedObserver<char>();
        using IDisposable subscription = Subscribe(_paced.SelectAsync(1, Work, _time), observer);
        Send("ab");
        _paced.Complete();
        _time.Start();
        Assert.False(observer.IsCompleted);

        Finish('a');
        Finish('b');

        Assert.Equal(['A', 'B'], observer.Seen);
        Assert.True(observer.IsCompleted);
    }

    [Fact]
    public void CancelsAndLeaves_WhenDisposed()
    {
        var observer = new CollectingPacedObserver<char>();
        IDisposable subscription = Subscribe(_paced.SelectAsync(2, Work, _time), observer);
        Send("abc");

        subscription.Dispose();
        Finish('a');

        Assert.Empty(observer.Seen);
        Assert.Equal(['a', 'b'], _cancelled.Order());
        Assert.False(_paced.IsSubscribed);
    }

    [Fact]
    public void FailsTyped_WhenALiveSourceOutrunsIt()
    {
        Exception? error = null;
        using IDisposable subscription = _live.SelectAsync(2, Work, _time).Subscribe(static _ => { }, e => error = e);
        foreach (char c in "ab")
        {
            _live.OnNext(c);
        }

        _time.Start();
        foreach (char c in "cde")
        {
            _live.OnNext(c);
        }

        _time.Start();
        foreach (char c in "abcd")
        {
            if (_tasks.ContainsKey(c))
            {
                Finish(c);
            }
        }

        Assert.IsType<QueueOverflowException>(error);
    }

    [Fact]
    public void LeavesTheWaitingToTheBuffer_WhenTheBufferStandsInFront()
    {
        var observer = new CollectingPacedObserver<char>();
        using IDisposable subscription = Subscribe(_live.BoundedBuffer(3, Overflow.DropOldest, _time).SelectAsync(1, Work, _time), observer);
        foreach (char c in "abcdef")
        {
            _live.OnNext(c);
            _time.Start();
        }

        Assert.Equal(['a'], _started);
        foreach (char c in "adef")
        {
            Finish(c);
            observer.ReturnOne();
            _time.Start();
        }

        Assert.Equal(['A', 'D', 'E', 'F'], observer.Seen);
    }

    private static IDisposable Subscribe(IObservable<char> source, CollectingPacedObserver<char> observer) =>
        Assert.IsType<IPacedObservable<char>>(source, exactMatch: false).Subscribe(observer);

    private Exception? ErrorOf(Func<char, CancellationToken, Task<char>> selector)
    {
        var source = new ScriptedPacedSource<char>();
        var observer = new CollectingPacedObserver<char>();
        using IDisposable subscription = Subscribe(source.SelectAsync(1, selector, _time), observer);
        source.Send('a');
        _time.Start();
        return observer.Error;
    }

    private Task<char> Work(char value, CancellationToken cancellationToken)
    {
        _started.Add(value);
        cancellationToken.Register(() =>
        {
            if (!Of(value).Task.IsCompleted)
            {
                _cancelled.Add(value);
            }
        });
        return Of(value).Task;
    }

    private TaskCompletionSource<char> Of(char value)
    {
        if (!_tasks.TryGetValue(value, out TaskCompletionSource<char>? task))
        {
            _tasks[value] = task = new TaskCompletionSource<char>();
        }

        return task;
    }

    private void FinishAt(char value, long ticks) =>
        _time.Schedule(new DateTimeOffset(ReactiveTest.Subscribed + ticks, TimeSpan.Zero), () => Of(value).SetResult(char.ToUpperInvariant(value)));

    private void Finish(char value)
    {
        Of(value).TrySetResult(char.ToUpperInvariant(value));
        _time.Start();
    }

    private void Send(string values)
    {
        foreach (char value in values)
        {
            _paced.Send(value);
        }

        _time.Start();
    }
}
