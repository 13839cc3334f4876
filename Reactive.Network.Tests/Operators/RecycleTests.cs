using System.Reactive.Subjects;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Operators;

public sealed class RecycleTests : IDisposable
{
    private readonly List<string> _trace = [];
    private readonly Subject<Owned> _source = new();

    public void Dispose() => _source.Dispose();

    [Fact]
    public void DisposesEachElementAfterOnNext_WhenSubscribed()
    {
        using IDisposable subscription = _source.Recycle(x => _trace.Add($"seen {x.Name}"), onCompleted: () => _trace.Add("end"));

        _source.OnNext(new Owned("a", _trace));
        _source.OnNext(new Owned("b", _trace));
        _source.OnCompleted();

        Assert.Equal(["seen a", "back a", "seen b", "back b", "end"], _trace);
    }

    [Fact]
    public void DisposesBeforeTheCreditReturns_WhenPaced()
    {
        var paced = new ScriptedPacedSource<Owned> { CreditReturned = () => _trace.Add("credit") };
        using IDisposable subscription = paced.Recycle(x => _trace.Add($"seen {x.Name}"));

        paced.Send(new Owned("a", _trace));

        Assert.Equal(["seen a", "back a", "credit"], _trace);
    }

    [Fact]
    public void DisposesWhatRollForwardsBring_WhenElementsAreChainEvents()
    {
        using var chain = new Subject<ChainEvent<Owned>>();
        using IDisposable subscription = chain.Recycle(x => _trace.Add($"seen {x.Kind}"));

        chain.OnNext(new ChainEvent<Owned>(ChainEventKind.RollForward, default, new Owned("a", _trace), default));
        chain.OnNext(new ChainEvent<Owned>(ChainEventKind.RollBackward, default, default, default));

        Assert.Equal(["seen RollForward", "back a", "seen RollBackward"], _trace);
    }

    [Fact]
    public void GivesBackEndsAndSurfaces_WhenTheObserverThrows()
    {
        using IDisposable subscription = _source.Recycle(_ => throw new InvalidTimeZoneException());

        Assert.Throws<InvalidTimeZoneException>(() => _source.OnNext(new Owned("a", _trace)));

        Assert.Equal(["back a"], _trace);
        Assert.False(_source.HasObservers);
    }

    [Fact]
    public void PassesTheErrorOrThrowsIt_WhenTheSourceFails()
    {
        using var other = new Subject<Owned>();
        Exception? seen = null;
        using IDisposable first = _source.Recycle(static _ => { }, error => seen = error);
        using IDisposable second = other.Recycle(static _ => { });

        _source.OnError(Marbles.Error);

        Assert.Same(Marbles.Error, seen);
        Assert.Throws<InvalidTimeZoneException>(() => other.OnError(new InvalidTimeZoneException()));
    }

    [Fact]
    public void LeavesTheSource_WhenDisposed()
    {
        IDisposable subscription = _source.Recycle(x => _trace.Add(x.Name));

        subscription.Dispose();
        _source.OnNext(new Owned("a", _trace));

        Assert.Empty(_trace);
        Assert.False(_source.HasObservers);
    }

    [Fact]
    public void AllocatesNothing_WhenElementsAreStructs()
    {
        int seen = 0;
        using IDisposable subscription = _source.Recycle(_ => seen++);
        Owned element = new("a", null);
        _source.OnNext(element);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            _source.OnNext(element);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1001, seen);
    }

    public readonly record struct Owned(string Name, List<string>? Trace) : IDisposable
    {
        public void Dispose() => Trace?.Add($"back {Name}");
    }
}
