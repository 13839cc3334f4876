using System.Reactive.Linq;
using System.Reactive.Subjects;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Pacing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Operators;

public sealed class WhereBlockTests : IDisposable
{
    private readonly Subject<ChainEvent<char>> _source = new();
    private readonly List<string> _seen = [];

    public void Dispose() => _source.Dispose();

    [Fact]
    public void KeepsRollBacks_WhenBlocksAreLeftOut()
    {
        using IDisposable subscription = Subscribe(static c => c != 'b');

        ChainEvents.Send("@abc<bd", _source.OnNext);
        _source.OnCompleted();

        Assert.Equal(["@", "a", "c", "<b", "d", "|"], _seen);
    }

    [Fact]
    public void FailsAndLeaves_WhenThePredicateThrows()
    {
        using IDisposable subscription = Subscribe(static _ => throw new FormatException());

        ChainEvents.Send("@ab", _source.OnNext);

        Assert.Equal(["@", "# FormatException"], _seen);
        Assert.False(_source.HasObservers);
    }

    [Fact]
    public void EndsAsTheSourceDoes_WhenItIsEmptyOrFails()
    {
        using IDisposable empty = Observable.Empty<ChainEvent<char>>().WhereBlock(static _ => true).Subscribe(static _ => { }, () => _seen.Add("|"));
        using IDisposable failed = Subscribe(static _ => true);
        _source.OnError(new FormatException());

        Assert.Equal(["|", "# FormatException"], _seen);
    }

    [Fact]
    public void LeavesTheSource_WhenDisposed()
    {
        IDisposable subscription = Subscribe(static _ => true);

        subscription.Dispose();
        ChainEvents.Send("a", _source.OnNext);

        Assert.Empty(_seen);
        Assert.False(_source.HasObservers);
    }

    [Fact]
    public void ReturnsTheCreditOfWhatIsLeftOut_WhenPaced()
    {
        var source = new ScriptedPacedSource<ChainEvent<char>>(window: 3);
        CollectingPacedObserver<ChainEvent<char>> slow = new();
        using IDisposable subscription = Assert.IsAssignableFrom<IPacedObservable<ChainEvent<char>>>(source.WhereBlock(static c => c == 'c')).Subscribe(slow);

        ChainEvents.Send("abc<bd", e => source.Send(e));

        Assert.Equal((2, 2L), (slow.Held, source.Outstanding));
    }

    private IDisposable Subscribe(Func<char, bool> predicate) => _source.WhereBlock(predicate)
        .Subscribe(e => _seen.Add(ChainEvents.Draw(e)), e => _seen.Add($"# {e.GetType().Name}"), () => _seen.Add("|"));
}
