using Microsoft.Reactive.Testing;
using Reactive.Network.Operators;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Operators;

public class StalledTests
{
    private static readonly TimeSpan Four = TimeSpan.FromTicks(40);

    private readonly TestScheduler _time = new();

    [Theory]
    [InlineData("--a-------b--|", "------T---F--|")]
    [InlineData("--a--b--c--d-|", "-------------|")]
    [InlineData("-------------|", "----T--------|")]
    [InlineData("--------a----#", "----T---F---T#")]
    [InlineData("--------------", "----T---------")]
    public void TellsChangesOnly_WhenSilenceBeginsAndEnds(string sent, string read)
    {
        ITestableObserver<bool> seen = _time.Start(() => _time.Hot(sent).Stalled(Four, _time));

        seen.ShouldRead(read, static stalled => stalled ? 'T' : 'F');
    }

    [Fact]
    public void NeverTellsEarly_WhenElementsComeJustInTime()
    {
        ITestableObservable<char> source = _time.Hot("---a---b---c");

        ITestableObserver<bool> seen = _time.Start(() => source.Stalled(Four, _time), 100, 200, 349);

        Assert.Empty(seen.Messages);
        source.ShouldBeSubscribed("^-------------!");
    }

    [Fact]
    public void LeavesTheTimer_WhenDisposed()
    {
        _time.Start(() => _time.Hot("-").Stalled(TimeSpan.FromTicks(5000), _time), 100, 200, 300);

        Assert.True(_time.Clock <= 1000);
    }
}
