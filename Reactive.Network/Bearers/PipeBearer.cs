using System.IO.Pipes;

namespace Reactive.Network.Bearers;

/// <summary>A connected named pipe as a bearer.</summary>
/// <remarks>
/// As <see cref="SocketBearer"/>: <see cref="_holds"/> counts what may still call the sink, the receive loop and a write that is pending, and whoever drops the last
/// one makes the last call. A pipe cannot wait without a buffer, so each connection keeps one small one for as long as it lives: local clients are few.
/// </remarks>
internal sealed class PipeBearer(PipeStream stream, string remoteName) : IBearer
{
    private const int BufferBytes = 32 * 1024;

    private readonly Lock _gate = new();
    private IBearerSink? _sink;
    private BearerException? _cause;
    private TaskCompletionSource? _resumed;
    private int _holds = 1;
    private bool _writePending;
    private bool _closing;
    private bool _over;
    private bool _closedHere;
    private volatile bool _paused;

    /// <inheritdoc/>
    public string RemoteName { get; } = remoteName;

    /// <inheritdoc/>
    public void Start(IBearerSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        lock (_gate)
        {
            if (_sink is not null)
            {
                throw new InvalidOperationException("The bearer was started already.");
            }

            _sink = sink;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static bearer => _ = bearer.ReceiveAsync(), this, preferLocal: false);
    }

    /// <inheritdoc/>
    public bool TryWrite(ReadOnlyMemory<byte> batch)
    {
        lock (_gate)
        {
            if (batch.IsEmpty || _closing || _over)
            {
                return true;
            }

            if (_sink is null || _writePending)
            {
                throw new InvalidOperationException(_sink is null ? "The bearer was not started." : "A write is pending: wait for OnWritable.");
            }

            _writePending = true;
            _holds++;
        }

        Task writing = WriteAsync(batch);
        if (!writing.IsCompleted)
        {
            _ = FinishAsync(writing);
            return false;
        }

        EndWrite();
        if (Drop())
        {
            // The receive loop ended meanwhile; not from inside this call.
            ThreadPool.UnsafeQueueUserWorkItem(static bearer => bearer.End(), this, preferLocal: false);
        }

        return true;
    }

    /// <inheritdoc/>
    public void PauseReading()
    {
        lock (_gate)
        {
            _paused = !_over && !_closing;
        }
    }

    /// <inheritdoc/>
    public void ResumeReading()
    {
        TaskCompletionSource? resumed;
        lock (_gate)
        {
            _paused = false;
            resumed = _resumed;
            _resumed = null;
        }

        resumed?.SetResult();
    }

    /// <inheritdoc/>
    public void Close()
    {
        lock (_gate)
        {
            if (_closing || _over)
            {
                return;
            }

            _closing = true;
            if (_writePending)
            {
                return;
            }
        }

        CloseInOrder();
    }

    /// <inheritdoc/>
    public void Abort() => Abort(null);

    /// <inheritdoc/>
    public void Dispose() => Abort(null);

    private void Abort(BearerException? cause)
    {
        lock (_gate)
        {
            if (_over)
            {
                return;
            }

            _over = true;
            _cause ??= cause;
        }

        ResumeReading();
        stream.Dispose();
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[BufferBytes];
        try
        {
            while (true)
            {
                await Resumed().ConfigureAwait(false);
                int received = await stream.ReadAsync(buffer).ConfigureAwait(false);
                if (received == 0 || IsOver())
                {
                    break;
                }

                try
                {
                    _sink!.OnReceived(buffer.AsSpan(0, received));
                }
#pragma warning disable CA1031 // a sink's bug ends its bearer, not the process
                catch (Exception fault)
#pragma warning restore CA1031
                {
                    AbortOnFault(fault);
                    break;
                }
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // Closed or aborted here.
        }
        catch (IOException e)
        {
            Fail(e);
        }

        lock (_gate)
        {
            // From here on nothing new is sent; a write that is pending is finished first.
            _closing = true;
        }

        Release();
    }

    private Task Resumed()
    {
        lock (_gate)
        {
            return _paused ? (_resumed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;
        }
    }

    private bool IsOver()
    {
        lock (_gate)
        {
            return _over;
        }
    }

    /// <summary>Ends when the bytes are out, or never will be.</summary>
    private async Task WriteAsync(ReadOnlyMemory<byte> batch)
    {
        try
        {
            await stream.WriteAsync(batch).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // Aborted: the bytes are dropped.
        }
        catch (IOException e)
        {
            Fail(e);
        }
    }

    private async Task FinishAsync(Task writing)
    {
        await writing.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        EndWrite();
        try
        {
            if (!IsOver())
            {
                _sink!.OnWritable();
            }
        }
#pragma warning disable CA1031 // a sink's bug ends its bearer, not the process
        catch (Exception fault)
#pragma warning restore CA1031
        {
            AbortOnFault(fault);
        }

        Release();
    }

    private void EndWrite()
    {
        bool close;
        lock (_gate)
        {
            _writePending = false;
            close = _closing && !_over;
        }

        if (close)
        {
            CloseInOrder();
        }
    }

    /// <summary>Closing drops what the remote end has not read yet, under Windows: there it is waited for, on a thread of its own.</summary>
    private void CloseInOrder()
    {
        lock (_gate)
        {
            _closedHere = true;
        }

        ResumeReading();
        if (!OperatingSystem.IsWindows())
        {
            stream.Dispose();
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(
            static pipe =>
            {
                try
                {
                    if (OperatingSystem.IsWindows())
                    {
                        pipe.WaitForPipeDrain();
                    }
                }
                catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
                {
                    // The remote end has gone.
                }

                pipe.Dispose();
            },
            stream,
            preferLocal: false);
    }

    private void Fail(IOException error)
    {
        lock (_gate)
        {
            // A read that was under way when the pipe was closed here ends with an error on some systems.
            if (!_over && !_closedHere)
            {
                _cause ??= new BearerException(BearerFailure.Reset, RemoteName, $"connection to {RemoteName} lost: {SocketErrors.Describe(error)}", error);
            }
        }
    }

    private void AbortOnFault(Exception fault) => Abort(new BearerException(
        BearerFailure.SinkFaulted, RemoteName, $"the receiver of {RemoteName} failed: {fault.Message}", fault));

    private void Release()
    {
        if (Drop())
        {
            End();
        }
    }

    private bool Drop()
    {
        lock (_gate)
        {
            return --_holds == 0;
        }
    }

    private void End()
    {
        BearerException? cause;
        lock (_gate)
        {
            _over = true;
            cause = _cause;
        }

        stream.Dispose();
        try
        {
            _sink!.OnClosed(cause);
        }
#pragma warning disable CA1031 // nobody is left to be told
        catch (Exception)
#pragma warning restore CA1031
        {
            // As the contract says: dropped.
        }
    }
}
