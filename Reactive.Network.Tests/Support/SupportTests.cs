using System.Reactive.Concurrency;
using System.Reactive.Linq;
using Microsoft.Reactive.Testing;

namespace Reactive.Network.Tests.Support;

/// <summary>The support code itself, and that Microsoft.Reactive.Testing is the genuine one and runs on this Rx.</summary>
public class SupportTests : ReactiveTest
{
    [Fact]
    public void RecordsMessagesAndSubscriptions_WhenHotSourceRunsInVirtualTime()
    {
        var time = new TestScheduler();
        ITestableObservable<int> source = time.CreateHotObservable(OnNext(150, 1), OnNext(210, 2), OnNext(220, 3), OnCompleted<int>(230));

        ITestableObserver<int> seen = time.Start(() => source.Select(static x => x * 10));

        seen.Messages.AssertEqual(OnNext(210, 20), OnNext(220, 30), OnCompleted<int>(230));
        source.Subscriptions.AssertEqual(Subscribe(200, 230));
    }

    [Fact]
    public void CountsFromSubscription_WhenSourceIsCold()
    {
        var time = new TestScheduler();
        ITestableObservable<int> source = time.CreateColdObservable(OnNext(10, 1), OnCompleted<int>(20));

        ITestableObserver<int> seen = time.Start(() => source.Delay(TimeSpan.FromTicks(5), time));

        seen.Messages.AssertEqual(OnNext(215, 1), OnCompleted<int>(225));
        source.Subscriptions.AssertEqual(Subscribe(200, 220));
    }

    [Fact]
    public void ComesFromTheGenuinePackage_WhenLoaded()
    {
        System.Reflection.AssemblyName testing = typeof(TestScheduler).Assembly.GetName();

        Assert.Equal("Microsoft.Reactive.Testing", testing.Name);
        Assert.Equal("94BC3704CDDFC263", Convert.ToHexString(testing.GetPublicKeyToken()!));
        Assert.Equal("System.Reactive", typeof(VirtualTimeScheduler<,>).Assembly.GetName().Name);
    }

    [Fact]
    public void ReadsAsDrawn_WhenMarblesPassThrough()
    {
        var time = new TestScheduler();
        ITestableObservable<char> source = time.Hot("--(abc)--d--|");

        ITestableObserver<char> seen = time.Start(() => source.Select(char.ToUpperInvariant));

        seen.ShouldRead("--(ABC)--D--|");
        source.ShouldBeSubscribed("^-----------!");
    }

    [Fact]
    public void ReadsAsDrawn_WhenMarblesFail()
    {
        var time = new TestScheduler();
        ITestableObservable<char> source = time.Cold("a-#");

        ITestableObserver<char> seen = time.Start(() => source.Retry(2));

        seen.ShouldRead("a-a-#");
        source.ShouldBeSubscribed("^-!", "--^-!");
    }

    [Fact]
    public void Differs_WhenAMarbleCameAtAnotherMoment()
    {
        var time = new TestScheduler();
        ITestableObserver<char> seen = time.Start(() => time.Hot("--a--|"));

        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => seen.ShouldRead("---a-|"));
    }

    [Fact]
    public void OverwritesAndRefusesTwice_WhenAnArrayComesBack()
    {
        var pool = new PoisoningArrayPool();
        byte[] array = pool.Rent(100);
        array.AsSpan().Clear();

        pool.Return(array);

        Assert.All(array, static b => Assert.Equal(PoisoningArrayPool.Poison, b));
        Assert.Throws<InvalidOperationException>(() => pool.Return(array));
        Assert.Equal((1, 1, 0), (pool.Rented, pool.Returned, pool.Outstanding));
    }

    [Fact]
    public void RunsReadyWorkInAnyOrderButEachSeedInItsOwn_WhenScheduledForOneMoment()
    {
        static string Trace(int seed)
        {
            var time = new SeededScheduler(seed);
            string trace = "";
            for (int i = 0; i < 6; i++)
            {
                time.Schedule(i, (_, n) =>
                {
                    trace += n;
                    return System.Reactive.Disposables.Disposable.Empty;
                });
            }

            time.Run();
            return trace;
        }

        string[] traces = [.. Enumerable.Range(0, 50).Select(Trace)];

        Assert.True(traces.Distinct().Count() > 20);
        Assert.All(traces, static t => Assert.Equal("012345", string.Concat(t.Order())));
        Assert.Equal(traces, Enumerable.Range(0, 50).Select(Trace));
    }

    [Fact]
    public void KeepsTimeAndCancels_WhenSeeded()
    {
        var time = new SeededScheduler(7);
        List<long> ran = [];
        time.Schedule(TimeSpan.FromTicks(30), () => ran.Add(time.Clock));
        time.Schedule(TimeSpan.FromTicks(20), () => time.Schedule(() => ran.Add(time.Clock)));
        time.Schedule(TimeSpan.FromTicks(25), () => ran.Add(-1)).Dispose();
        IStopwatch watch = time.StartStopwatch();

        time.AdvanceTo(29);

        Assert.Equal([21], ran);
        Assert.Equal(29, watch.Elapsed.Ticks);
        time.Run();
        Assert.Equal([21, 30], ran);
    }

    [Fact]
    public void NamesTheSeed_WhenABodyFails()
    {
        Exception error = Assert.ThrowsAny<Exception>(() => SeededScheduler.ForEachSeed(5, time => Assert.NotEqual(3, time.Seed)));

        Assert.Contains("seed 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void IsFoundOrSkips_WhenRealDataIsAskedFor() => Assert.True(File.Exists(DataFolder.Path("README.md")));
}
