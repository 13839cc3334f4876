using System.Reactive.Linq;
using System.Reactive.Subjects;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Operators;

public class IgnoringRollbacksTests
{
    [Fact]
    public void BringsWhatRollForwardsBring_WhenThereAreOtherEventsToo()
    {
        using var source = new Subject<ChainEvent<char>>();
        List<char> seen = [];
        bool completed = false;
        using IDisposable subscription = source.IgnoringRollbacks().Subscribe(seen.Add, () => completed = true);

        ChainEvents.Send("@ab<ac", source.OnNext);
        source.OnCompleted();

        Assert.Equal("abc", string.Concat(seen));
        Assert.True(completed);
    }

    [Fact]
    public void Fails_WhenTheSourceDoes()
    {
        Exception? error = null;
        using IDisposable subscription = Observable.Throw<ChainEvent<char>>(new FormatException()).IgnoringRollbacks().Subscribe(static _ => { }, e => error = e);

        Assert.IsType<FormatException>(error);
    }

    [Fact]
    public void LeavesTheSource_WhenDisposed()
    {
        using var source = new Subject<ChainEvent<char>>();
        List<char> seen = [];
        IDisposable subscription = source.IgnoringRollbacks().Subscribe(seen.Add);
        ChainEvents.Send("a", source.OnNext);

        subscription.Dispose();
        ChainEvents.Send("b", source.OnNext);

        Assert.Equal("a", string.Concat(seen));
        Assert.False(source.HasObservers);
    }

    [Fact]
    public void ReturnsEveryCredit_WhenPaced()
    {
        var source = new ScriptedPacedSource<ChainEvent<char>>(window: 1);
        using IDisposable subscription = source.IgnoringRollbacks().Subscribe();

        ChainEvents.Send("@ab<ac", e => source.Send(e));

        Assert.Equal((0, 5), (source.Outstanding, source.Returned));
    }
}
