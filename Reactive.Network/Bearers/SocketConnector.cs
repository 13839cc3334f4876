using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;

namespace Reactive.Network.Bearers;

/// <summary>Connecting within a time limit: what TCP and Unix sockets share.</summary>
internal static class SocketConnector
{
    /// <summary>Tries the end points one after the other; each gets an equal share of the time that is left.</summary>
    /// <exception cref="BearerException">None answered.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<IBearer> ConnectAsync(
        string name, Func<CancellationToken, Task<EndPoint[]>> resolve, BearerOptions options, CancellationToken cancellationToken)
    {
        DateTimeOffset end = options.Scheduler.Now + options.ConnectTimeout;
        Exception? failure = null;
        try
        {
            EndPoint[] endPoints;
            using (Deadline deadline = new(options.Scheduler, options.ConnectTimeout, cancellationToken))
            {
                endPoints = await resolve(deadline.Token).ConfigureAwait(false);
            }

            if (endPoints.Length == 0)
            {
                throw new SocketException((int)SocketError.HostNotFound);
            }

            for (int tried = 0; tried < endPoints.Length; tried++)
            {
                TimeSpan left = end - options.Scheduler.Now;
                if (left <= TimeSpan.Zero)
                {
                    break;
                }

                using Deadline deadline = new(options.Scheduler, left / (endPoints.Length - tried), cancellationToken);
                try
                {
                    return await TryAsync(name, endPoints[tried], options, deadline.Token).ConfigureAwait(false);
                }
                catch (SocketException e)
                {
                    failure = e;
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    // Out of time: the next one.
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Out of time while the name was looked up.
        }
#pragma warning disable CA1031 // whatever a resolver or the system throws: there is no connection, and this is why
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            failure = e;
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw failure is null
            ? new BearerException(BearerFailure.ConnectTimeout, name, string.Create(
                CultureInfo.InvariantCulture, $"cannot connect to {name}: no answer within {options.ConnectTimeout.TotalSeconds:0.###} s"))
            : new BearerException(
                BearerFailure.ConnectFailed, name, $"cannot connect to {name}: {SocketErrors.Describe(failure)}", failure);
    }

    /// <summary>The same for callers that do not wait. <paramref name="done"/> is called once, on any thread, and never from inside this call.</summary>
    /// <returns>Disposing it: <paramref name="done"/> is not called any more, and a connection that is made nevertheless is aborted.</returns>
    public static IDisposable Connect(
        string name, Func<CancellationToken, Task<EndPoint[]>> resolve, BearerOptions options, Action<IBearer?, BearerException?> done)
    {
        Attempt attempt = new(done);
        ThreadPool.UnsafeQueueUserWorkItem(_ => _ = RunAsync(), null);
        return attempt;

        async Task RunAsync()
        {
            try
            {
                attempt.Answer(await ConnectAsync(name, resolve, options, attempt.Token).ConfigureAwait(false), null);
            }
            catch (BearerException e)
            {
                attempt.Answer(null, e);
            }
            catch (OperationCanceledException)
            {
                // Disposed.
            }
        }
    }

    private static async Task<IBearer> TryAsync(string name, EndPoint endPoint, BearerOptions options, CancellationToken cancellationToken)
    {
        ProtocolType protocol = endPoint is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp;
        Socket socket = new(endPoint.AddressFamily, SocketType.Stream, protocol);
        try
        {
            if (options.LocalEndPoint is { } local && local.AddressFamily == endPoint.AddressFamily)
            {
                // On Unix this is SO_REUSEPORT as well: the port may be that of a listener that shares it.
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                socket.Bind(local);
            }

            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return new SocketBearer(socket, name, options);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A token that is cancelled when time is up, by the scheduler's clock.</summary>
    private sealed class Deadline : IDisposable
    {
        private readonly CancellationTokenSource _source;
        private readonly IDisposable _timer;

        public Deadline(IScheduler scheduler, TimeSpan time, CancellationToken cancellationToken)
        {
            _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Token = _source.Token;
            _timer = scheduler.Schedule(_source, time, static (_, source) =>
            {
                try
                {
                    source.Cancel();
                }
                catch (ObjectDisposedException)
                {
                    // The connection came at the same moment.
                }

                return Disposable.Empty;
            });
        }

        public CancellationToken Token { get; }

        public void Dispose()
        {
            _timer.Dispose();
            _source.Dispose();
        }
    }

    /// <summary>One call of <see cref="Connect"/>: answered or disposed, whichever comes first.</summary>
    private sealed class Attempt(Action<IBearer?, BearerException?> done) : IDisposable
    {
        private readonly CancellationTokenSource _source = new();
        private int _decided;

        public CancellationToken Token => _source.Token;

        public void Answer(IBearer? bearer, BearerException? failure)
        {
            if (Interlocked.Exchange(ref _decided, 1) != 0)
            {
                bearer?.Abort();
                return;
            }

            try
            {
                done(bearer, failure);
            }
#pragma warning disable CA1031 // a caller's bug costs it this connection, not the process
            catch (Exception)
#pragma warning restore CA1031
            {
                bearer?.Abort();
            }
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _decided, 1) == 0)
            {
                _source.Cancel();
            }
        }
    }
}
