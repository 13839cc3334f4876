using System.Net.Sockets;
using System.Runtime.InteropServices;
using Reactive.Network.Internal;

namespace Reactive.Network.Bearers;

/// <summary>A connected stream socket as a bearer: what TCP and Unix sockets share.</summary>
/// <remarks>
/// <para>
/// The receive loop waits with a receive of zero bytes, which needs no buffer. When bytes are there it rents a slab, reads and pushes until the
/// socket runs dry, and gives the slab back before it waits again. It never waits for the sink.
/// </para>
/// <para>
/// <see cref="_holds"/> counts what may still call the sink: the receive loop, and a write that is pending. Whoever drops the last one
/// closes the socket and makes the last call, so <see cref="IBearerSink.OnClosed"/> comes once, and after everything else.
/// </para>
/// <para>Nothing of it throws on a thread of the pool: every failure ends in <see cref="IBearerSink.OnClosed"/>. The first cause is kept. The strand that the receive
/// loop runs behind its own work is as any strand on the pool.</para>
/// </remarks>
internal sealed class SocketBearer : IBearer, IThreadPoolWorkItem
{
    /// <summary>Reads in a row, after which a busy connection lets others have the thread.</summary>
    private const int ReadsPerTurn = 64;

    private readonly Socket _socket;
    private readonly BearerOptions _options;
    private readonly SendArgs _send;
    private readonly ReceiveArgs _receive;
    private readonly Lock _gate = new();

    // All of it under the gate.
    private IBearerSink? _sink;
    private BearerException? _cause;
    private int _holds = 1;
    private bool _writePending;
    private bool _closing;
    private bool _sendFailed;
    private bool _over;
    private bool _parked;

    // Written under the gate, read by the receive loop between two reads without it.
    private volatile bool _paused;

    /// <summary>Takes over a connected socket.</summary>
    public SocketBearer(Socket socket, string remoteName, BearerOptions options)
    {
        _socket = socket;
        _options = options;
        RemoteName = remoteName;
        Configure(socket, options);

        // So that a synchronous receive answers "nothing there" instead of waiting.
        socket.Blocking = false;
        _send = new SendArgs(this);
        _receive = new ReceiveArgs(this);
    }

    private enum Drained
    {
        /// <summary>Nothing is there any more.</summary>
        Dry,

        /// <summary>There may be more, but it is others' turn.</summary>
        Busy,

        /// <summary>The sink wants no more for now.</summary>
        Paused,

        /// <summary>The end, one way or another.</summary>
        Ended,
    }

    /// <inheritdoc/>
    public string RemoteName { get; }

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

        // On another thread: bytes that are there already must not be pushed from inside this call.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Runs the receive loop. For the thread pool only.</summary>
    public void Execute() => Receive();

    /// <inheritdoc/>
    public bool TryWrite(ReadOnlyMemory<byte> batch)
    {
        lock (_gate)
        {
            if (batch.IsEmpty || _closing || _sendFailed || _over)
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

        _send.SetBuffer(MemoryMarshal.AsMemory(batch));
        if (!SendOn())
        {
            return false;
        }

        EndWrite();
        if (Drop())
        {
            // The receive loop ended meanwhile and left the last call to this write; not from inside this call.
            ThreadPool.UnsafeQueueUserWorkItem(static bearer => bearer.End(), this, preferLocal: false);
        }

        return true;
    }

    /// <inheritdoc/>
    public void PauseReading()
    {
        lock (_gate)
        {
            _paused = !_over;
        }
    }

    /// <inheritdoc/>
    public void ResumeReading()
    {
        bool parked;
        lock (_gate)
        {
            _paused = false;
            parked = _parked;
            _parked = false;
        }

        if (parked)
        {
            // Whoever resumes goes on with its own work.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
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

        Shutdown(SocketShutdown.Send);
    }

    /// <inheritdoc/>
    public void Abort() => Abort(null);

    /// <inheritdoc/>
    public void Dispose() => Abort(null);

    private static void Configure(Socket socket, BearerOptions options)
    {
        if (socket.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)
        {
            socket.NoDelay = true;
        }

        if (options.ReceiveBufferBytes is { } receive)
        {
            socket.ReceiveBufferSize = receive;
        }

        if (options.SendBufferBytes is { } send)
        {
            socket.SendBufferSize = send;
        }
    }

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
        try
        {
            // Closing with a linger time of zero drops what is unsent and resets the connection (TCP).
            _socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone already.
        }

        _socket.Dispose();
    }

    /// <summary>Reads until nothing is there, then has itself called again when there is. On a thread of the pool, one at a time.</summary>
    private void Receive()
    {
        Strand.Defer();
        if (ReceiveUntilDry())
        {
            // Whoever receives next is another thread: this one has time for a strand that was marked ready.
            Strand.RunDeferred();
        }
        else
        {
            Strand.DispatchDeferred();
        }
    }

    /// <returns>Whether this bearer waits for bytes now.</returns>
    private bool ReceiveUntilDry()
    {
        try
        {
            while (true)
            {
                switch (Drain())
                {
                    case Drained.Dry when AwaitBytes():
                        return true;
                    case Drained.Paused when TryPark():
                        return false;
                    case Drained.Busy:
                        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                        return false;
                    case Drained.Ended:
                        EndReceiving();
                        return false;
                }

                // There is more: what was marked ready must not wait for a stream of bytes to end.
                Strand.DispatchDeferred();
            }
        }
        catch (SocketException e)
        {
            Fail(e.SocketErrorCode, e);
        }
        catch (ObjectDisposedException)
        {
            // Aborted.
        }
#pragma warning disable CA1031 // what a sink or a pool throws ends this bearer, not the process
        catch (Exception fault)
#pragma warning restore CA1031
        {
            AbortOnFault(fault);
        }

        EndReceiving();
        return false;
    }

    /// <summary>Waits with a receive of zero bytes. <see langword="false"/>: there are some already, or there was an error.</summary>
    private bool AwaitBytes()
    {
        if (_socket.ReceiveAsync(_receive))
        {
            return true;
        }

        ThrowIfFailed();
        return false;
    }

    private void OnReadable()
    {
        try
        {
            ThrowIfFailed();
        }
        catch (SocketException e)
        {
            Fail(e.SocketErrorCode, e);
            EndReceiving();
            return;
        }

        Receive();
    }

    private void ThrowIfFailed()
    {
        if (_receive.SocketError != SocketError.Success)
        {
            throw new SocketException((int)_receive.SocketError);
        }
    }

    private void EndReceiving()
    {
        lock (_gate)
        {
            // From here on nothing new is sent; a write that is pending is finished first.
            _closing = true;
        }

        Release();
    }

    /// <summary>Whether the receive loop stops here, until <see cref="ResumeReading"/> calls it again.</summary>
    private bool TryPark()
    {
        lock (_gate)
        {
            return _parked = _paused;
        }
    }

    private Drained Drain()
    {
        if (_paused)
        {
            return Drained.Paused;
        }

        byte[] slab = _options.Pool.Rent(_options.ReceiveSlabBytes);
        try
        {
            for (int reads = 0; reads < ReadsPerTurn; reads++)
            {
                int received = _socket.Receive(slab.AsSpan(0, _options.ReceiveSlabBytes), SocketFlags.None, out SocketError error);
                if (error == SocketError.WouldBlock)
                {
                    return Drained.Dry;
                }

                if (error != SocketError.Success)
                {
                    Fail(error, null);
                    return Drained.Ended;
                }

                if (received == 0 || IsOver())
                {
                    return Drained.Ended;
                }

                if (reads > 0 || received > _options.ReceiveSlabBytes / 4)
                {
                    // More came, or is likely to: what was marked ready need not wait for the end of it.
                    Strand.DispatchDeferred();
                }

                _sink!.OnReceived(slab.AsSpan(0, received));
                if (_paused)
                {
                    return Drained.Paused;
                }
            }

            return Drained.Busy;
        }
        finally
        {
            _options.Pool.Return(slab);
        }
    }

    private bool IsOver()
    {
        lock (_gate)
        {
            return _over;
        }
    }

    /// <summary>Sends what is left of the buffer. <see langword="false"/>: goes on by itself, and <see cref="OnSent"/> follows.</summary>
    private bool SendOn()
    {
        while (true)
        {
            try
            {
                if (_socket.SendAsync(_send))
                {
                    return false;
                }
            }
            catch (Exception e) when (e is ObjectDisposedException or InvalidOperationException or SocketException)
            {
                // Aborted meanwhile: the bytes are dropped.
                return true;
            }

            if (!TakeSent())
            {
                return true;
            }
        }
    }

    /// <summary>Moves the buffer past what was sent. <see langword="true"/> if something is left to send.</summary>
    private bool TakeSent()
    {
        if (_send.SocketError != SocketError.Success)
        {
            FailSending(_send.SocketError);
            return false;
        }

        if (_send.BytesTransferred >= _send.Count)
        {
            return false;
        }

        _send.SetBuffer(_send.MemoryBuffer.Slice(_send.Offset + _send.BytesTransferred, _send.Count - _send.BytesTransferred));
        return true;
    }

    private void OnSent()
    {
        if (TakeSent() && !SendOn())
        {
            return;
        }

        EndWrite();
        Strand.Defer();
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

        // What waited for room goes on here.
        Strand.RunDeferred();
    }

    private void EndWrite()
    {
        bool shutdown;
        _send.SetBuffer(default);
        lock (_gate)
        {
            _writePending = false;
            shutdown = _closing && !_over;
        }

        if (shutdown)
        {
            Shutdown(SocketShutdown.Send);
        }
    }

    private void Fail(SocketError error, Exception? inner)
    {
        lock (_gate)
        {
            if (!_over)
            {
                _cause ??= ResetBy(error, inner);
            }
        }
    }

    /// <summary>Sends no more, but reads what the remote end sent before it went away: often the reason.</summary>
    private void FailSending(SocketError error)
    {
        lock (_gate)
        {
            if (_over || _sendFailed)
            {
                return;
            }

            _sendFailed = true;
            _cause ??= ResetBy(error, null);
        }

        // Makes the receive loop end when it has read what is there.
        Shutdown(SocketShutdown.Receive);
    }

    private BearerException ResetBy(SocketError error, Exception? inner) =>
        new(BearerFailure.Reset, RemoteName, $"connection to {RemoteName} lost: {SocketErrors.Describe(error)}", inner ?? new SocketException((int)error));

    private void AbortOnFault(Exception fault) => Abort(new BearerException(
        BearerFailure.SinkFaulted, RemoteName, $"the receiver of {RemoteName} failed: {fault.Message}", fault));

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            _socket.Shutdown(how);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone already: the receive loop finds out.
        }
    }

    private void Release()
    {
        if (Drop())
        {
            End();
        }
    }

    /// <summary>Drops a hold. <see langword="true"/> if it was the last: <see cref="End"/> must follow.</summary>
    private bool Drop()
    {
        lock (_gate)
        {
            if (--_holds > 0)
            {
                return false;
            }

            _over = true;
            return true;
        }
    }

    private void End()
    {
        _socket.Dispose();
        _send.Dispose();
        _receive.Dispose();
        try
        {
            _sink!.OnClosed(_cause);
        }
#pragma warning disable CA1031 // the last call: nobody is left to be told
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    /// <summary>The one receive operation of a bearer, which waits for bytes and takes none.</summary>
    private sealed class ReceiveArgs(SocketBearer bearer) : SocketAsyncEventArgs(true)
    {
        protected override void OnCompleted(SocketAsyncEventArgs e) => bearer.OnReadable();
    }

    /// <summary>The one send operation of a bearer, used again for each batch.</summary>
    private sealed class SendArgs(SocketBearer bearer) : SocketAsyncEventArgs(true)
    {
        protected override void OnCompleted(SocketAsyncEventArgs e) => bearer.OnSent();
    }
}
