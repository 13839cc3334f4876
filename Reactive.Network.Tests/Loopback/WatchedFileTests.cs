using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using Reactive.Network.Peers.Discovery;

namespace Reactive.Network.Tests.Loopback;

/// <summary>The file system behind <see cref="TopologyWatcher"/>.</summary>
[Trait("Category", "Loopback")]
public sealed class WatchedFileTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("rxnet-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task IsSeen_WhenTheFileIsWrittenOrReplaced()
    {
        string path = Path.Combine(_folder, "topology.json");
        await File.WriteAllTextAsync(path, With(hot: 1), TestContext.Current.CancellationToken);
        IObservable<int> hot = TopologyWatcher.Watch(new WatchedFile(path), DefaultScheduler.Instance)
            .OfType<TopologyEvent.Loaded>().Select(static loaded => loaded.Topology.LocalRoots[0].HotValency).Replay(10).RefCount(1);
        using IDisposable keep = hot.Subscribe();
        await Await(hot, 1);

        await File.WriteAllTextAsync(path, With(hot: 2), TestContext.Current.CancellationToken);
        await Await(hot, 2);

        // As editors and deployments do: a new file takes the old one's place.
        string other = Path.Combine(_folder, "topology.json.new");
        await File.WriteAllTextAsync(other, With(hot: 3), TestContext.Current.CancellationToken);
        File.Move(other, path, overwrite: true);
        await Await(hot, 3);
    }

    [Fact]
    public void IsRefused_WhenTheFileIsHuge()
    {
        string path = Path.Combine(_folder, "huge.json");
        using (FileStream file = File.Create(path))
        {
            file.SetLength(WatchedFile.MaxBytes + 1L);
        }

        TopologyException refused = Assert.Throws<TopologyException>(() => TopologyFile.Load(path));

        Assert.Equal((path, "larger than 16777216 bytes"), (refused.File, refused.Problem));
    }

    [Fact]
    public void NeverChanges_WhenTheFolderIsMissing()
    {
        using IDisposable watch = new WatchedFile(Path.Combine(_folder, "none", "topology.json")).Changes
            .Subscribe(static _ => Assert.Fail("changed"), static error => Assert.Fail(error.Message));
    }

    private static string With(int hot) => $$"""{ "localRoots": [ { "accessPoints": [], "hotValency": {{hot}} } ], "publicRoots": [] }""";

    private static Task<int> Await(IObservable<int> seen, int value) =>
        seen.FirstAsync(hot => hot == value).ToTask(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
}
