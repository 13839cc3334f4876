using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using BenchmarkDotNet.Attributes;
using Reactive.Network.Operators;

namespace Reactive.Network.Benchmarks.Operators;

/// <summary>1,000 elements through a queue to another turn of the scheduler, beside Rx's own ObserveOn, whose queue has no bound.</summary>
[MemoryDiagnoser]
public class BoundedBufferBenchmarks
{
    private const int Elements = 1_000;

    [Benchmark(Baseline = true)]
    public int ObserveOn()
    {
        var time = new HistoricalScheduler();
        return Run(time, source => source.ObserveOn(time));
    }

    [Benchmark]
    public int BoundedBuffer()
    {
        var time = new HistoricalScheduler();
        return Run(time, source => source.BoundedBuffer(Elements, Overflow.Fail, time));
    }

    private static int Run(HistoricalScheduler time, Func<IObservable<int>, IObservable<int>> through)
    {
        using var source = new Subject<int>();
        int count = 0;
        using (through(source).Subscribe(_ => count++))
        {
            for (int i = 0; i < Elements; i++)
            {
                source.OnNext(i);
            }

            time.AdvanceBy(TimeSpan.FromSeconds(1));
        }

        return count == Elements ? count : throw new InvalidOperationException($"{count} elements");
    }
}
