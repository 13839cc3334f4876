using System.Reactive.Subjects;
using BenchmarkDotNet.Attributes;
using Reactive.Network.Chain;
using Reactive.Network.Operators;

namespace Reactive.Network.Benchmarks.Operators;

/// <summary>1,000 blocks through Recycle, beside a plain subscription.</summary>
[MemoryDiagnoser]
public class RecycleBenchmarks
{
    private const int Elements = 1_000;

    private readonly Block _block = Sample.Blocks(1, 2_048)[0];

    [Benchmark(Baseline = true)]
    public int Subscribe() => Run(static (source, observer) => source.Subscribe(observer));

    [Benchmark]
    public int Recycle() => Run(static (source, observer) => source.Recycle(observer));

    private int Run(Func<IObservable<Block>, Counter, IDisposable> subscribe)
    {
        using var source = new Subject<Block>();
        var counter = new Counter();
        using (subscribe(source, counter))
        {
            for (int i = 0; i < Elements; i++)
            {
                source.OnNext(_block);
            }
        }

        return counter.Count == Elements ? counter.Count : throw new InvalidOperationException($"{counter.Count} elements");
    }

    private sealed class Counter : IObserver<Block>
    {
        public int Count { get; private set; }

        public void OnNext(Block value) => Count++;

        public void OnError(Exception error)
        {
        }

        public void OnCompleted()
        {
        }
    }
}
