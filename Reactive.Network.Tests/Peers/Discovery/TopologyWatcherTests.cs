using System.Reactive;
using System.Reactive.Subjects;
using System.Text;
using Microsoft.Reactive.Testing;
using Reactive.Network.Peers.Discovery;

namespace Reactive.Network.Tests.Peers.Discovery;

public sealed class TopologyWatcherTests : IDisposable
{
    private readonly TestScheduler _time = new();
    private readonly ScriptedFile _file = new() { Content = With(hot: 1) };
    private readonly List<TopologyEvent> _seen = [];

    public void Dispose() => _file.Dispose();

    [Fact]
    public void ReadsTheFile_WhenSubscribed()
    {
        using IDisposable watch = Watch();

        _time.AdvanceBy(1);

        Assert.Equal([1], Hot());
    }

    [Fact]
    public void ReadsItOnce_WhenAnEditorWritesInPieces()
    {
        using IDisposable watch = Watch();
        _time.AdvanceBy(1);
        for (int i = 0; i < 5; i++)
        {
            _file.Write("{ half");
            _time.AdvanceBy(TimeSpan.FromMilliseconds(100).Ticks);
        }

        _file.Write(With(hot: 2));
        _time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);

        Assert.Equal([1, 2], Hot());
        Assert.Equal(2, _seen.Count);
        Assert.Equal(2, _file.Readings);
    }

    [Fact]
    public void KeepsTheLastGoodOne_WhenTheFileGoesBad()
    {
        using IDisposable watch = Watch();
        _time.AdvanceBy(1);

        _file.Write("{}");
        _time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);
        _file.Write(With(hot: 1));
        _time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);

        Assert.IsType<TopologyEvent.Loaded>(_seen[0]);
        Assert.Equal("$.localRoots", Assert.IsType<TopologyEvent.Rejected>(_seen[1]).Error.Place);
        Assert.IsType<TopologyEvent.Loaded>(_seen[2]);
        Assert.Equal(3, _seen.Count);
    }

    [Fact]
    public void StartsWithTheError_WhenTheFileIsMissing()
    {
        _file.Content = null;
        using IDisposable watch = Watch();
        _time.AdvanceBy(1);

        _file.Write(With(hot: 4));
        _time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);

        Assert.IsType<TopologyEvent.Rejected>(_seen[0]);
        Assert.Equal([4], Hot());
    }

    [Fact]
    public void SaysNothing_WhenTheFileIsTouched()
    {
        using IDisposable watch = Watch();
        _time.AdvanceBy(1);

        _file.Write(_file.Content!);
        _time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);

        Assert.Single(_seen);
        Assert.Equal(2, _file.Readings);
    }

    [Fact]
    public void ReadsItAllTheSame_WhenItIsNeverLeftAlone()
    {
        using IDisposable watch = Watch();
        _time.AdvanceBy(1);

        for (int i = 2; i < 200; i++)
        {
            _file.Write(With(hot: i));
            _time.AdvanceBy(TimeSpan.FromMilliseconds(100).Ticks);
        }

        Assert.InRange(_seen.Count, 4, 5);
    }

    [Fact]
    public void StopsReading_WhenDisposed()
    {
        IDisposable watch = Watch();
        _time.AdvanceBy(1);
        _file.Write(With(hot: 2));

        watch.Dispose();
        _time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);

        Assert.Single(_seen);
        Assert.False(_file.IsWatched);
    }

    [Fact]
    public void DoesNothing_WhileNothingChanges()
    {
        using IDisposable watch = Watch();
        _time.AdvanceBy(1);

        _time.AdvanceBy(TimeSpan.FromDays(1).Ticks);

        Assert.Equal(1, _file.Readings);
    }

    private static string With(int hot) => $$"""{ "localRoots": [ { "accessPoints": [], "hotValency": {{hot}} } ], "publicRoots": [] }""";

    private IDisposable Watch() => TopologyWatcher.Watch(_file, _time).Subscribe(_seen.Add);

    private IEnumerable<int> Hot() => _seen.OfType<TopologyEvent.Loaded>().Select(static loaded => loaded.Topology.LocalRoots[0].HotValency);

    private sealed class ScriptedFile : IWatchedFile, IDisposable
    {
        private readonly Subject<Unit> _changes = new();

        public string Path => "topology.json";

        public string? Content { get; set; }

        public int Readings { get; private set; }

        public bool IsWatched => _changes.HasObservers;

        public IObservable<Unit> Changes => _changes;

        public void Dispose() => _changes.Dispose();

        public byte[] Read()
        {
            Readings++;
            return Content is null ? throw new TopologyException(Path, "", "missing") : Encoding.UTF8.GetBytes(Content);
        }

        public void Write(string content)
        {
            Content = content;
            _changes.OnNext(Unit.Default);
        }
    }
}
