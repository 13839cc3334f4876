using System.Reactive.Concurrency;
using Reactive.Network.Bearers;

namespace Rxnet.Embedded;

/// <summary>Sends a batch only when the line would have carried it. No queue: a batch that waits is the pending write.</summary>
/// <param name="inner">The real one.</param>
/// <param name="time">How long a batch of so many bytes is under way.</param>
/// <param name="scheduler">Whose time counts.</param>
internal sealed class SlowBearer(IBearer inner, Func<int, TimeSpan> time, IScheduler scheduler) : IBearer, IBearerSink
{
    private readonly Lock _gate = new();
    private IBearerSink? _sink;
    private bool _isWriting;
    private bool _closes;
    private bool _isClosed;

    public string RemoteName => inner.RemoteName;

    public void Start(IBearerSink sink)
    {
        _sink = sink;
        inner.Start(this);
    }

    public bool TryWrite(ReadOnlyMemory<byte> batch)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return true;
            }

            _isWriting = true;
        }

        scheduler.Schedule((Self: this, batch), time(batch.Length), static (_, x) =>
        {
            if (x.Self.Write(x.batch))
            {
                x.Self.OnWritable();
            }

            return System.Reactive.Disposables.Disposable.Empty;
        });
        return false;
    }

    public void Close()
    {
        lock (_gate)
        {
            _closes = true;
            if (_isWriting)
            {
                return;
            }
        }

        inner.Close();
    }

    public void Abort() => inner.Abort();

    public void PauseReading() => inner.PauseReading();

    public void ResumeReading() => inner.ResumeReading();

    public void Dispose() => inner.Dispose();

    public void OnReceived(ReadOnlySpan<byte> bytes) => _sink!.OnReceived(bytes);

    public void OnWritable()
    {
        // Behind the end there is nobody to call any more: it waits for this call, or comes before it.
        lock (_gate)
        {
            _isWriting = false;
            if (_isClosed)
            {
                return;
            }

            if (_closes)
            {
                inner.Close();
            }

            _sink!.OnWritable();
        }
    }

    public void OnClosed(BearerException? cause)
    {
        lock (_gate)
        {
            _isClosed = true;
        }

        _sink!.OnClosed(cause);
    }

    private bool Write(ReadOnlyMemory<byte> batch)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }
        }

        return inner.TryWrite(batch);
    }
}
