using System.Reactive.Linq;
using System.Reactive.Subjects;
using Reactive.Network.Operators;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Operators;

public sealed class ToAsyncEnumerableTests : IDisposable
{
    private static readonly int[] ToFive = [1, 2, 3, 4, 5];

    private readonly Subject<int> _live = new();
    private readonly ScriptedPacedSource<int> _paced = new(window: 5);
    private int _sourceThread;

    public void Dispose() => _live.Dispose();

    [Fact]
    public async Task ReturnsCreditWithTheNextPull_WhenTheSourceIsPaced()
    {
        await using IAsyncEnumerator<int> pulled = _paced.ToAsyncEnumerable(2).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        ValueTask<bool> first = pulled.MoveNextAsync();
        _paced.Send(1);
        _paced.Send(2);

        Assert.True(await first);
        Assert.Equal((1, 2), (pulled.Current, _paced.Outstanding));
        Assert.True(await pulled.MoveNextAsync());

        Assert.Equal((2, 1), (pulled.Current, _paced.Outstanding));
    }

    [Fact]
    public async Task StopsDemandAndLosesNothing_WhenTheLoopIsSlow()
    {
        IEnumerator<int> values = Enumerable.Range(0, 100).GetEnumerator();
        _paced.CreditReturned = () => _paced.SendWhileRoom(values);
        await using IAsyncEnumerator<int> pulled = _paced.ToAsyncEnumerable(2).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        ValueTask<bool> first = pulled.MoveNextAsync();
        Assert.Equal(5, _paced.SendWhileRoom(values));
        List<int> seen = [];

        for (bool any = await first; any && seen.Count < 100; any = seen.Count < 100 && await pulled.MoveNextAsync())
        {
            seen.Add(pulled.Current);
        }

        Assert.Equal(Enumerable.Range(0, 100), seen);
        Assert.Equal(5, _paced.PeakOutstanding);
    }

    [Theory]
    [InlineData(Overflow.DropOldest, new[] { 1, 4, 5 })]
    [InlineData(Overflow.DropNewest, new[] { 1, 2, 3 })]
    [InlineData(Overflow.Conflate, new[] { 1, 4, 5 })]
    public async Task FollowsThePolicy_WhenMoreComeThanFit(Overflow overflow, int[] read)
    {
        await using IAsyncEnumerator<int> pulled = _live.ToAsyncEnumerable(2, overflow).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        ValueTask<bool> first = pulled.MoveNextAsync();
        foreach (int value in ToFive)
        {
            _live.OnNext(value);
        }

        _live.OnCompleted();

        Assert.Equal(read, await Drain(first, pulled));
    }

    [Fact]
    public async Task ReadsWhatWaitsThenFailsTyped_WhenFull()
    {
        await using IAsyncEnumerator<int> pulled = _live.ToAsyncEnumerable(1).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        ValueTask<bool> first = pulled.MoveNextAsync();
        _live.OnNext(1);
        _live.OnNext(2);
        _live.OnNext(3);

        Assert.True(await first);
        Assert.True(await pulled.MoveNextAsync());
        QueueOverflowException error = await Assert.ThrowsAsync<QueueOverflowException>(async () => await pulled.MoveNextAsync());

        Assert.Equal("ToAsyncEnumerable", error.Queue);
        Assert.False(_live.HasObservers);
    }

    [Fact]
    public async Task EndsAndFailsAsTheSource_WhenItEnds()
    {
        Assert.Empty(await Observable.Empty<int>().ToAsyncEnumerable(1).ToListAsync(TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<InvalidTimeZoneException>(async () =>
            await Observable.Throw<int>(new InvalidTimeZoneException()).ToAsyncEnumerable(1).ToListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task FailsTheWaitingPull_WhenTheSourceFails()
    {
        await using IAsyncEnumerator<int> pulled = _live.ToAsyncEnumerable(1).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        ValueTask<bool> waiting = pulled.MoveNextAsync();

        _live.OnError(new InvalidTimeZoneException());

        await Assert.ThrowsAsync<InvalidTimeZoneException>(async () => await waiting);
    }

    [Fact]
    public async Task SubscribesAtTheFirstPullAndLeaves_WhenTheLoopBreaks()
    {
        IAsyncEnumerable<int> values = _live.ToAsyncEnumerable(3);
        IAsyncEnumerator<int> pulled = values.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.False(_live.HasObservers);
        ValueTask<bool> waiting = pulled.MoveNextAsync();
        Assert.True(_live.HasObservers);

        await pulled.DisposeAsync();

        Assert.False(_live.HasObservers);
        Assert.False(await waiting);
    }

    [Fact]
    public async Task CancelsTheWaitingPullAndLeaves_WhenTheTokenIsCancelled()
    {
        using var stop = new CancellationTokenSource();
        await using IAsyncEnumerator<int> pulled = _live.ToAsyncEnumerable(3).GetAsyncEnumerator(stop.Token);
        ValueTask<bool> waiting = pulled.MoveNextAsync();

        await stop.CancelAsync();

        OperationCanceledException error = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
        Assert.Equal(stop.Token, error.CancellationToken);
        Assert.False(_live.HasObservers);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await pulled.MoveNextAsync());
    }

    [Fact]
    public async Task NeverContinuesWhereTheSourceRuns_WhenAnswered()
    {
        await using IAsyncEnumerator<int> pulled = _live.ToAsyncEnumerable(3).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        bool isInOnNext = false;
        bool sawInOnNext = true;
        async Task Pull()
        {
            await pulled.MoveNextAsync();
            sawInOnNext = isInOnNext && Environment.CurrentManagedThreadId == _sourceThread;
        }

        Task pull = Pull();
        isInOnNext = true;
        _sourceThread = Environment.CurrentManagedThreadId;
        _live.OnNext(1);
        isInOnNext = false;
        await pull;

        Assert.False(sawInOnNext);
    }

    [Fact]
    public async Task PullsNoFasterThanItIsPulled_WhenComposedWithAsyncEnumerableEx()
    {
        // AsyncEnumerableEx (System.Interactive.Async) has what the in-box operators lack: Buffer, Merge, Retry, Timeout ...
        IEnumerator<int> values = Enumerable.Range(1, 12).GetEnumerator();
        int sent = 0;
        _paced.CreditReturned = () => sent += _paced.SendWhileRoom(values);
        IAsyncEnumerable<IList<int>> batches = AsyncEnumerableEx.Buffer(_paced.ToAsyncEnumerable(2), 3);
        await using IAsyncEnumerator<IList<int>> pulled = batches.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        ValueTask<bool> first = pulled.MoveNextAsync();
        sent += _paced.SendWhileRoom(values);

        Assert.True(await first);

        Assert.Equal([1, 2, 3], pulled.Current);
        Assert.InRange(sent, 5, 8);
        Assert.True(await pulled.MoveNextAsync());
        Assert.Equal([4, 5, 6], pulled.Current);
    }

    [Fact]
    public async Task ReadsEveryPeer_WhenMergedByAsyncEnumerableEx()
    {
        IAsyncEnumerable<int>[] peers = [.. Enumerable.Range(0, 4).Select(static peer => Observable.Range(peer * 10, 5).ToAsyncEnumerable(5))];

        List<int> seen = await AsyncEnumerableEx.Merge(peers).OrderBy(static x => x).ToListAsync(TestContext.Current.CancellationToken);

        Assert.Equal([0, 1, 2, 3, 4, 10, 11, 12, 13, 14, 20, 21, 22, 23, 24, 30, 31, 32, 33, 34], seen);
    }

    private static async Task<List<int>> Drain(ValueTask<bool> first, IAsyncEnumerator<int> pulled)
    {
        List<int> seen = [];
        for (bool any = await first; any; any = await pulled.MoveNextAsync())
        {
            seen.Add(pulled.Current);
        }

        return seen;
    }
}
