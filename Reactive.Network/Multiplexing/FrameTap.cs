using System.Collections.Immutable;
using Reactive.Network.Internal;

namespace Reactive.Network.Multiplexing;

/// <summary>Copies of every SDU for those who watch; costs one read of a field where nobody does.</summary>
/// <remarks>Each observer has a strand and a bounded queue of its own, so that a slow one harms neither the connection nor the others.</remarks>
internal sealed class FrameTap(Multiplexer mux, MuxOptions options) : IObservable<Frame>
{
    /// <summary>What a queued frame costs beside its payload: a flood of one-byte SDUs must not take more memory than its bound says.</summary>
    internal const int FrameOverheadBytes = 96;

    private ImmutableArray<Subscription> _subscriptions = [];
    private byte[]? _assembling;
    private int _assembled;
    private SduHeader _header;
    private int _closed;
    private NetworkException? _cause;

    public IDisposable Subscribe(IObserver<Frame> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        var subscription = new Subscription(this, observer);
        ImmutableInterlocked.Update(ref _subscriptions, static (all, one) => all.Add(one), subscription);
        if (Volatile.Read(ref _closed) != 0)
        {
            subscription.Complete(_cause);
        }

        return subscription;
    }

    /// <summary>Part of a received payload. The receive loop's.</summary>
    public void OnReceived(ReadOnlySpan<byte> bytes, bool last)
    {
        if (_assembling is null)
        {
            return;
        }

        bytes.CopyTo(_assembling.AsSpan(_assembled));
        _assembled += bytes.Length;
        if (last)
        {
            Publish(new Frame(FrameDirection.Received, _header, _assembling, TimeSpan.FromTicks(mux.Clock.Now)));
            _assembling = null;
            _assembled = 0;
        }
    }

    /// <summary>A received SDU begins. The receive loop's.</summary>
    public void OnReceiving(SduHeader header)
    {
        _header = header;
        _assembled = 0;
        _assembling = _subscriptions.IsEmpty ? null : new byte[header.PayloadLength];
    }

    /// <summary>An SDU is sent. The muxer's.</summary>
    public void OnSent(SduHeader header, ReadOnlySpan<byte> payload)
    {
        if (!_subscriptions.IsEmpty)
        {
            Publish(new Frame(FrameDirection.Sent, header, payload.ToArray(), TimeSpan.FromTicks(mux.Clock.Now)));
        }
    }

    /// <summary>The connection has ended.</summary>
    public void Close(NetworkException? cause)
    {
        _cause = cause;
        Interlocked.Exchange(ref _closed, 1);
        foreach (Subscription subscription in _subscriptions)
        {
            subscription.Complete(cause);
        }
    }

    private void Publish(Frame frame)
    {
        foreach (Subscription subscription in _subscriptions)
        {
            subscription.Enqueue(frame);
        }
    }

    private sealed class Subscription(FrameTap tap, IObserver<Frame> observer) : Strand(tap.Mux.Clock.Scheduler), IDisposable
    {
        private const int FramesPerTurn = 64;

        private readonly Lock _gate = new();
        private readonly Queue<Frame> _frames = new();
        private long _bytes;
        private bool _ended;
        private bool _disposed;
        private Exception? _error;

        public void Enqueue(in Frame frame)
        {
            lock (_gate)
            {
                if (_ended || _disposed)
                {
                    return;
                }

                _bytes += frame.Payload.Length + FrameOverheadBytes;
                if (_bytes > tap.Options.MaxFrameBytes)
                {
                    _ended = true;
                    _error = new FrameOverflowException(tap.Options.MaxFrameBytes);
                }
                else
                {
                    _frames.Enqueue(frame);
                }
            }

            MarkReady();
        }

        public void Complete(Exception? error)
        {
            lock (_gate)
            {
                if (_ended)
                {
                    return;
                }

                _ended = true;
                _error = error;
            }

            MarkReady();
        }

        public void Dispose()
        {
            lock (_gate)
            {
                _disposed = true;
                _frames.Clear();
            }

            ImmutableInterlocked.Update(ref tap._subscriptions, static (all, one) => all.Remove(one), this);
        }

        protected override bool RunTurn()
        {
            try
            {
                for (int i = 0; i < FramesPerTurn; i++)
                {
                    if (!TryTake(out Frame frame, out bool over))
                    {
                        if (over)
                        {
                            End();
                        }

                        return false;
                    }

                    observer.OnNext(frame);
                }

                return true;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Dispose();
                tap.Mux.ReportObserverFault(e);
                return false;
            }
        }

        private bool TryTake(out Frame frame, out bool over)
        {
            lock (_gate)
            {
                over = _ended && !_disposed && _frames.Count == 0;
                if (_disposed || !_frames.TryDequeue(out frame))
                {
                    frame = default;
                    return false;
                }

                _bytes -= frame.Payload.Length + FrameOverheadBytes;
                return true;
            }
        }

        private void End()
        {
            Dispose();
            if (_error is null)
            {
                observer.OnCompleted();
            }
            else
            {
                observer.OnError(_error);
            }
        }
    }

    private Multiplexer Mux => mux;

    private MuxOptions Options => options;
}
