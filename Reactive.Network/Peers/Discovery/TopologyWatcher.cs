using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;

namespace Reactive.Network.Peers.Discovery;

/// <summary>What became of a topology file. Open: ignore what you do not know.</summary>
public abstract record TopologyEvent
{
    /// <summary>It was read, for the first time or with another content than before.</summary>
    public sealed record Loaded(Topology Topology) : TopologyEvent;

    /// <summary>It could not be read; the last good one holds.</summary>
    public sealed record Rejected(TopologyException Error) : TopologyEvent;
}

/// <summary>Follows a topology file.</summary>
public static class TopologyWatcher
{
    /// <summary>After a change the file is read when it was left alone for this long, so that a file half-written is not taken for a bad one.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(200);

    /// <summary>A file that is never left alone is read after this many changes all the same.</summary>
    private const int MaxUnsettled = 50;

    /// <summary>The file as it is, then each change of it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="scheduler">Whose time counts, and where the file is read.</param>
    /// <remarks>
    /// Per-subscription: each reads and watches the file. Observers are called on <paramref name="scheduler"/>. Elements are immutable. Never completes. Never
    /// fails: a file that cannot be read is a <see cref="TopologyEvent.Rejected"/>, and the next change is read again. Disposing ends the watch.
    /// </remarks>
    public static IObservable<TopologyEvent> Watch(IWatchedFile file, IScheduler scheduler)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(scheduler);
        return Observable.Create<TopologyEvent>(observer => new Session(file, observer, scheduler).Run());
    }

    private sealed class Session(IWatchedFile file, IObserver<TopologyEvent> observer, IScheduler scheduler) : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly SingleAssignmentDisposable _watch = new();
        private readonly SerialDisposable _timer = new();
        private byte[]? _last;
        private int _unsettled;
        private bool _isReading;
        private bool _readAgain;

        public Session Run()
        {
            // The watch begins before the first reading: a change between the two would be lost otherwise.
            _watch.Disposable = file.Changes.SubscribeSafe(Observer.Create<Unit>(_ => Changed(), static _ => { }, static () => { }));
            _timer.Disposable = scheduler.Schedule(Read);
            return this;
        }

        public void Dispose()
        {
            _watch.Dispose();
            _timer.Dispose();
        }

        private void Changed()
        {
            lock (_gate)
            {
                if (++_unsettled <= MaxUnsettled)
                {
                    _timer.Disposable = scheduler.Schedule(Settling, Read);
                }
            }
        }

        private void Read()
        {
            lock (_gate)
            {
                _unsettled = 0;
                if (_isReading)
                {
                    // On a pool a slow observer may still be at work with the last one.
                    _readAgain = true;
                    return;
                }

                _isReading = true;
            }

            do
            {
                if (ReadOnce() is { } read)
                {
                    observer.OnNext(read);
                }
            }
            while (IsToReadAgain());
        }

        private bool IsToReadAgain()
        {
            lock (_gate)
            {
                (_isReading, _readAgain) = (_readAgain, false);
                return _isReading;
            }
        }

        private TopologyEvent? ReadOnce()
        {
            try
            {
                byte[] bytes = file.Read();
                if (_last is { } last && last.AsSpan().SequenceEqual(bytes))
                {
                    return null;
                }

                TopologyEvent.Loaded loaded = new(TopologyFile.Parse(bytes, file.Path));
                _last = bytes;
                return loaded;
            }
            catch (TopologyException e)
            {
                // What it says when it is mended is news, even if it is what it said before.
                _last = null;
                return new TopologyEvent.Rejected(e);
            }
        }
    }
}
