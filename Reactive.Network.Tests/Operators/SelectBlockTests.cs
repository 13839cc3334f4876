using System.Reactive.Linq;
using System.Reactive.Subjects;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Pacing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Operators;

public sealed class SelectBlockTests : IDisposable
{
    private readonly Subject<ChainEvent<char>> _source = new();
    private readonly List<string> _seen = [];

    public void Dispose() => _source.Dispose();

    [Fact]
    public void KeepsRollBacks_WhenBlocksBecomeSomethingElse()
    {
        int calls = 0;
        using IDisposable subscription = Subscribe(c => (++calls, char.ToUpperInvariant(c)).Item2);

        ChainEvents.Send("@ab<ac", _source.OnNext);
        _source.OnCompleted();

        Assert.Equal(["@", "A", "B", "<a", "C", "|"], _seen);
        Assert.Equal(3, calls);
    }

    [Fact]
    public void KeepsPointAndTip_WhenBlocksBecomeSomethingElse()
    {
        List<ChainEvent<string>> seen = [];
        using IDisposable subscription = _source.SelectBlock(static c => $"{c}").Subscribe(seen.Add);
        var tip = new Tip(ChainEvents.At('z'), 9);

        _source.OnNext(new ChainEvent<char>(ChainEventKind.RollForward, ChainEvents.At('a'), 'a', tip));

        Assert.Equal(new ChainEvent<string>(ChainEventKind.RollForward, ChainEvents.At('a'), "a", tip), Assert.Single(seen));
    }

    [Fact]
    public void FailsAndLeaves_WhenTheSelectorThrows()
    {
        using IDisposable subscription = Subscribe(static _ => throw new FormatException());

        ChainEvents.Send("@ab", _source.OnNext);

        Assert.Equal(["@", "# FormatException"], _seen);
        Assert.False(_source.HasObservers);
    }

    [Fact]
    public void EndsAsTheSourceDoes_WhenItIsEmptyOrFails()
    {
        using IDisposable empty = Observable.Empty<ChainEvent<char>>().SelectBlock(static c => c).Subscribe(static _ => { }, () => _seen.Add("|"));
        using IDisposable failed = Subscribe(static c => c);
        _source.OnError(new FormatException());

        Assert.Equal(["|", "# FormatException"], _seen);
    }

    [Fact]
    public void LeavesTheSource_WhenDisposed()
    {
        IDisposable subscription = Subscribe(static c => c);

        subscription.Dispose();
        ChainEvents.Send("a", _source.OnNext);

        Assert.Empty(_seen);
        Assert.False(_source.HasObservers);
    }

    [Fact]
    public void HandsCreditsOn_WhenPaced()
    {
        var source = new ScriptedPacedSource<ChainEvent<char>>(window: 3);
        CollectingPacedObserver<ChainEvent<int>> slow = new();
        using IDisposable subscription = Assert.IsAssignableFrom<IPacedObservable<ChainEvent<int>>>(source.SelectBlock(static c => (int)c)).Subscribe(slow);

        ChainEvents.Send("a<@b", e => source.Send(e));

        Assert.Equal((3, 3L), (slow.Held, source.Outstanding));
    }

    private IDisposable Subscribe(Func<char, char> selector) => _source.SelectBlock(selector)
        .Subscribe(e => _seen.Add(ChainEvents.Draw(e)), e => _seen.Add($"# {e.GetType().Name}"), () => _seen.Add("|"));
}
