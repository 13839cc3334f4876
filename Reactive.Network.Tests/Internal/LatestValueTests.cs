using Microsoft.Reactive.Testing;
using Reactive.Network.Internal;

namespace Reactive.Network.Tests.Internal;

public class LatestValueTests
{
    private readonly TestScheduler _time = new();
    private readonly List<Exception> _faults = [];
    private readonly List<string> _seen = [];
    private readonly LatestValue<int> _latest;

    public LatestValueTests() => _latest = new LatestValue<int>(_time, _faults.Add);

    [Fact]
    public void HasNothing_BeforeItWasSet()
    {
        using IDisposable subscription = Watch();

        _time.AdvanceBy(10);

        Assert.False(_latest.TryGet(out _));
        Assert.Empty(_seen);
    }

    [Fact]
    public void GivesTheNewestFirst_WhenItIsSubscribedLate()
    {
        _latest.Set(1);
        _latest.Set(2);

        using IDisposable subscription = Watch();
        _time.AdvanceBy(10);

        Assert.Equal(["2"], _seen);
        Assert.True(_latest.TryGet(out int value));
        Assert.Equal(2, value);
    }

    [Fact]
    public void SkipsWhatIsOld_WhenTheObserverIsSlower()
    {
        using IDisposable subscription = Watch();
        _latest.Set(1);
        _time.AdvanceBy(1);
        _latest.Set(2);
        _latest.Set(3);
        _time.AdvanceBy(10);

        Assert.Equal(["1", "3"], _seen);
    }

    [Fact]
    public void GivesTheLastValueBeforeTheEnd()
    {
        using IDisposable subscription = Watch();
        _latest.Set(1);
        _latest.End(null);
        _latest.End(new InvalidOperationException("too late"));
        _time.AdvanceBy(10);

        Assert.Equal(["1", "completed"], _seen);
    }

    [Fact]
    public void GivesTheEnd_WhenItIsSubscribedBehindIt()
    {
        _latest.Set(1);
        _latest.End(new InvalidOperationException("over"));

        using IDisposable subscription = Watch();
        _time.AdvanceBy(10);

        Assert.Equal(["1", "over"], _seen);
    }

    [Fact]
    public void CallsNobody_WhenItWasDisposed()
    {
        IDisposable subscription = Watch();
        _latest.Set(1);
        subscription.Dispose();
        _latest.End(null);
        _time.AdvanceBy(10);

        Assert.Empty(_seen);
    }

    [Fact]
    public void ReportsAndForgets_WhenAnObserverThrows()
    {
        using IDisposable bad = _latest.Subscribe(_ => throw new InvalidOperationException("thrown by an observer"));
        using IDisposable good = Watch();

        _latest.Set(1);
        _time.AdvanceBy(10);
        _latest.Set(2);
        _time.AdvanceBy(10);

        Assert.Equal(["1", "2"], _seen);
        Assert.Equal("thrown by an observer", Assert.Single(_faults).Message);
    }

    private IDisposable Watch() => _latest.Subscribe(
        value => _seen.Add(value.ToString(System.Globalization.CultureInfo.InvariantCulture)), e => _seen.Add(e.Message), () => _seen.Add("completed"));
}
