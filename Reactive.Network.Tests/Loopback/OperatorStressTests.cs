using System.Reactive.Disposables;
using System.Reactive.Linq;
using Reactive.Network.Operators;
using Reactive.Network.Pacing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Loopback;

/// <summary>The operators on the thread pool, where the source's side and the scheduler's side really run at the same time.</summary>
[Trait("Category", "Loopback")]
[Collection(Alone.Name)]
public class OperatorStressTests
{
    private const int Elements = 20_000;

    [Fact]
    public async Task KeepsOrderAndWindow_WhenEveryOperatorIsChainedOnTheThreadPool()
    {
        using var source = new WindowedProducer(window: 32, Elements);

        List<int> seen = await source
            .BoundedBuffer(8)
            .SelectAsync(4, static async (value, _) =>
            {
                await Task.Yield();
                return value;
            })
            .RetryWithBackoff()
            .BoundedBuffer(4)
            .ToAsyncEnumerable(16)
            .ToListAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(0, Elements), seen);
        Assert.InRange(source.PeakOutstanding, 1, 32);
    }

    [Fact]
    public async Task LosesOnlyWhatItCounts_WhenALiveSourceOutrunsTheObserver()
    {
        int dropped = 0;
        List<int> seen = [];
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable subscription = Observable.Range(0, Elements)
            .BoundedBuffer(16, Overflow.DropOldest, onDropped: _ => dropped++)
            .Subscribe(seen.Add, done.SetException, done.SetResult);

        await done.Task.WaitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Elements, seen.Count + dropped);
        Assert.Equal(seen.Order(), seen);
        Assert.Equal(Elements - 1, seen[^1]);
    }

    [Fact]
    public async Task EndsOnce_WhenPullsAndCancellationRace()
    {
        for (int i = 0; i < 200; i++)
        {
            using var source = new WindowedProducer(window: 4, int.MaxValue);
            using var stop = new CancellationTokenSource();
            int taken = 0;
            Task loop = Task.Run(async () =>
            {
                await foreach (int value in source.BoundedBuffer(4).ToAsyncEnumerable(4).WithCancellation(stop.Token))
                {
                    Assert.Equal(taken, value);
                    if (++taken == i)
                    {
                        _ = Task.Run(stop.Cancel);
                    }
                }
            }, TestContext.Current.CancellationToken);
            if (i == 0)
            {
                await stop.CancelAsync();
            }

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
        }
    }

    /// <summary>Sends 0, 1, 2 ... from a thread of its own, as long as credits are there.</summary>
    private sealed class WindowedProducer(int window, int elements) : IPacedObservable<int>, ICreditSource, IDisposable
    {
        private readonly SemaphoreSlim _room = new(window);
        private int _outstanding;

        public int PeakOutstanding { get; private set; }

        public IDisposable Subscribe(IObserver<int> observer) => throw new NotSupportedException("subscribe with credits");

        public IDisposable Subscribe(IPacedObserver<int> observer)
        {
            CancellationDisposable stop = new();
            new Thread(() => Produce(observer, stop.Token)) { IsBackground = true }.Start();
            return stop;
        }

        public void Return(long weight)
        {
            Interlocked.Add(ref _outstanding, -(int)weight);
            _room.Release((int)weight);
        }

        public void Dispose() => _room.Release(window);

        private void Produce(IPacedObserver<int> observer, CancellationToken stop)
        {
            for (int i = 0; i < elements; i++)
            {
                _room.Wait(CancellationToken.None);
                if (stop.IsCancellationRequested)
                {
                    return;
                }

                PeakOutstanding = Math.Max(PeakOutstanding, Interlocked.Increment(ref _outstanding));
                observer.OnNext(i, new Credit(this, 1));
            }

            observer.OnCompleted();
        }
    }
}
