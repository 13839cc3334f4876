using System.Reactive.Linq;
using System.Reactive.Subjects;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Pacing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Operators;

public sealed class ConfirmedTests : IDisposable
{
    private readonly Subject<ChainEvent<char>> _source = new();
    private readonly List<string> _seen = [];

    public void Dispose() => _source.Dispose();

    [Theory]
    [InlineData(1, "abcd", "abc")]
    [InlineData(2, "abcd", "ab")]
    [InlineData(3, "abc", "")]
    [InlineData(2, "abc<bde", "ab")]
    [InlineData(3, "@abc<@xyzu", "x")]
    [InlineData(2, "abc<abc<abcd", "ab")]
    [InlineData(1, "@abc@de", "abcd")]
    [InlineData(3, "ab<@cdefg", "cd")]
    public void DeliversWhatIsDeep_WhenMoreCame(int depth, string events, string delivered)
    {
        List<char> seen = [];
        using IDisposable subscription = _source.Confirmed(depth).Subscribe(seen.Add);

        ChainEvents.Send(events, _source.OnNext);

        Assert.Equal(delivered, string.Concat(seen));
    }

    [Fact]
    public void Fails_WhenTheChainRollsBackBelowWhatWasDelivered()
    {
        Exception? error = null;
        using IDisposable subscription = _source.Confirmed(2).Subscribe(c => _seen.Add($"{c}"), e => error = e);

        ChainEvents.Send("abcd<ae", _source.OnNext);

        Assert.Equal(["a", "b"], _seen);
        var failed = Assert.IsType<ConfirmedRollbackException>(error);
        Assert.Equal((ChainEvents.At('a'), ChainEvents.At('b'), 2, Fault.Remote), (failed.Point, failed.Delivered, failed.Depth, failed.Fault));
        Assert.False(_source.HasObservers);
    }

    [Fact]
    public void RollsBackToTheLastDelivered_WhenAllThatIsWithheldGoes()
    {
        using IDisposable subscription = _source.Confirmed(2).Subscribe(c => _seen.Add($"{c}"), e => _seen.Add("#"));

        ChainEvents.Send("abcd<befg", _source.OnNext);

        Assert.Equal(["a", "b", "e"], _seen);
    }

    [Fact]
    public void DoesNotDeliverWhatIsWithheld_WhenTheSourceCompletes()
    {
        using IDisposable subscription = _source.Confirmed(2).Subscribe(c => _seen.Add($"{c}"), () => _seen.Add("|"));
        ChainEvents.Send("abc", _source.OnNext);

        _source.OnCompleted();

        Assert.Equal(["a", "|"], _seen);
    }

    [Fact]
    public void EndsAtOnce_WhenTheSourceIsEmptyOrFails()
    {
        using IDisposable empty = Observable.Empty<ChainEvent<char>>().Confirmed(1).Subscribe(_ => _seen.Add("?"), () => _seen.Add("|"));
        using IDisposable failing = Observable.Throw<ChainEvent<char>>(new FormatException()).Confirmed(1).Subscribe(_ => _seen.Add("?"), e => _seen.Add(e.GetType().Name));

        Assert.Equal(["|", "FormatException"], _seen);
    }

    [Fact]
    public void LeavesTheSource_WhenDisposed()
    {
        IDisposable subscription = _source.Confirmed(1).Subscribe(c => _seen.Add($"{c}"));
        ChainEvents.Send("ab", _source.OnNext);

        subscription.Dispose();
        ChainEvents.Send("cd", _source.OnNext);

        Assert.Equal(["a"], _seen);
        Assert.False(_source.HasObservers);
    }

    [Fact]
    public void LeavesTheSourceAndThrows_WhenTheObserverThrows()
    {
        using IDisposable subscription = _source.Confirmed(1).Subscribe(static _ => throw new FormatException());

        Assert.Throws<FormatException>(() => ChainEvents.Send("ab", _source.OnNext));

        Assert.False(_source.HasObservers);
    }

    [Fact]
    public void DoesNotStandStill_WhenTheWindowIsSmallerThanTheDepth()
    {
        var source = new ScriptedPacedSource<ChainEvent<char>>(window: 1);
        using IDisposable subscription = source.Confirmed(5).Subscribe(c => _seen.Add($"{c}"));

        ChainEvents.Send("abcdefgh", e => source.Send(e));

        Assert.Equal(["a", "b", "c"], _seen);
        Assert.Equal(0, source.Outstanding);
    }

    [Fact]
    public void HandsOnTheCreditOfTheEventThatConfirmed_WhenPaced()
    {
        var source = new ScriptedPacedSource<ChainEvent<char>>(window: 10);
        CollectingPacedObserver<char> slow = new();
        using IDisposable subscription = Assert.IsAssignableFrom<IPacedObservable<char>>(source.Confirmed(2)).Subscribe(slow);

        ChainEvents.Send("abcd<ce", e => source.Send(e));

        // c and d confirmed a and b: two are out, and what the roll back and the withheld ones counted for is back.
        Assert.Equal((2, 2L), (slow.Held, source.Outstanding));
        slow.ReturnOne();
        slow.ReturnOne();
        Assert.Equal(0, source.Outstanding);
    }

    [Fact]
    public void IsNotPaced_WhenItsSourceIsNot() => Assert.IsNotType<IPacedObservable<char>>(_source.Confirmed(1), exactMatch: false);

    [Fact]
    public void NeverDeliversWhatIsTakenBack_WhenRollBacksAreShallow() => Seeds.ForEach(300, static random =>
    {
        int depth = 1 + random.Next(6);
        using var source = new Subject<ChainEvent<int>>();
        List<int> seen = [];
        using IDisposable subscription = source.Confirmed(depth).Subscribe(seen.Add);
        List<int> chain = [];
        int next = 0;
        for (int i = 0; i < 200; i++)
        {
            if (random.Next(4) == 0 && chain.Count > 0)
            {
                int keep = Math.Max(seen.Count, chain.Count - random.Next(depth + 1));
                chain.RemoveRange(keep, chain.Count - keep);
                source.OnNext(new ChainEvent<int>(ChainEventKind.RollBackward, keep == 0 ? Point.Origin : ChainEvents.At(chain[^1]), 0, default));
            }
            else
            {
                chain.Add(++next);
                source.OnNext(new ChainEvent<int>(ChainEventKind.RollForward, ChainEvents.At(next), next, default));
            }

            Assert.Equal(chain.Take(seen.Count), seen);
            Assert.True(seen.Count >= chain.Count - depth);
        }
    });
}
