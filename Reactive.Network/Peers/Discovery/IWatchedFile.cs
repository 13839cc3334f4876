using System.Reactive;

namespace Reactive.Network.Peers.Discovery;

/// <summary>A small file that may change: the port behind which the file system stands.</summary>
public interface IWatchedFile
{
    /// <summary>Where it lies.</summary>
    string Path { get; }

    /// <summary>An element whenever it may have changed.</summary>
    /// <remarks>
    /// Shared or per-subscription as the implementation likes. Observers are called on any thread. Elements hold no memory. Never completes. Never fails: a file
    /// that cannot be watched is one that does not change. Disposing stops the watch.
    /// </remarks>
    IObservable<Unit> Changes { get; }

    /// <summary>All its bytes.</summary>
    /// <exception cref="TopologyException">It cannot be read.</exception>
    byte[] Read();
}
