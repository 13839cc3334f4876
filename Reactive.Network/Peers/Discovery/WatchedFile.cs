using System.Reactive;
using System.Reactive.Disposables;
using System.Reactive.Linq;

namespace Reactive.Network.Peers.Discovery;

/// <summary>A file of the file system. Its folder is watched, so that a file that is replaced by another, as editors and deployments do, is seen too.</summary>
/// <param name="path">Where it lies.</param>
public sealed class WatchedFile(string path) : IWatchedFile
{
    /// <summary>A larger file is refused: real ones have some hundred kilobytes.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    /// <inheritdoc/>
    public string Path { get; } = path;

    /// <inheritdoc/>
    /// <remarks>
    /// Per-subscription: each has a watch of its own. Observers are called on the thread of the watch. Elements hold no memory. Never completes. Never fails:
    /// where the folder cannot be watched nothing comes. Disposing ends the watch.
    /// </remarks>
    public IObservable<Unit> Changes => Observable.Create<Unit>(observer =>
    {
        try
        {
            string full = System.IO.Path.GetFullPath(Path);
            FileSystemWatcher watcher = new(System.IO.Path.GetDirectoryName(full)!, System.IO.Path.GetFileName(full));
            watcher.Changed += (_, _) => observer.OnNext(Unit.Default);
            watcher.Created += (_, _) => observer.OnNext(Unit.Default);
            watcher.Renamed += (_, _) => observer.OnNext(Unit.Default);

            // Events were lost: whether the file changed among them can only be seen by reading it.
            watcher.Error += (_, _) => observer.OnNext(Unit.Default);
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return Disposable.Empty;
        }
    }).Synchronize();

    /// <inheritdoc/>
    public byte[] Read()
    {
        try
        {
            using FileStream file = new(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > MaxBytes)
            {
                throw new TopologyException(Path, "", $"larger than {MaxBytes} bytes");
            }

            byte[] bytes = new byte[file.Length];
            int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return read == bytes.Length ? bytes : bytes[..read];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new TopologyException(Path, "", e.Message, e);
        }
    }
}
