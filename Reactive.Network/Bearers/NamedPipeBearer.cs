using System.Globalization;
using System.IO.Pipes;
using System.Reactive.Disposables;

namespace Reactive.Network.Bearers;

/// <summary>Makes bearers over named pipes: what a local node listens on under Windows. Elsewhere the runtime makes one of a Unix socket.</summary>
/// <remarks>
/// A named pipe has no half-close: <see cref="IBearer.Close"/> ends both directions once what was written is out, and what the remote end sends then is lost. It
/// has no reset either: after <see cref="IBearer.Abort"/> the remote end sees the end of the stream.
/// </remarks>
public static class NamedPipeBearer
{
    /// <summary>Connects. A pipe that is not there, or whose instances are all taken, is waited for until the time is up.</summary>
    /// <param name="name">The pipe's name, without <c>\\.\pipe\</c>.</param>
    /// <param name="options"><see langword="null"/> for <see cref="BearerOptions.Default"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BearerException"><see cref="BearerFailure.ConnectFailed"/> or <see cref="BearerFailure.ConnectTimeout"/>.</exception>
    public static async Task<IBearer> ConnectAsync(string name, BearerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        options ??= BearerOptions.Default;
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using IDisposable timer = options.Scheduler.Schedule(limited, options.ConnectTimeout, static (_, source) =>
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
        NamedPipeClientStream? stream = null;
        try
        {
            stream = new NamedPipeClientStream(".", name, PipeDirection.InOut, PipeOptions.Asynchronous);
            await stream.ConnectAsync(limited.Token).ConfigureAwait(false);
            return new PipeBearer(stream, name);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await stream!.DisposeAsync().ConfigureAwait(false);
            throw new BearerException(BearerFailure.ConnectTimeout, name, string.Create(
                CultureInfo.InvariantCulture, $"cannot connect to {name}: no answer within {options.ConnectTimeout.TotalSeconds:0.###} s"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or PlatformNotSupportedException)
        {
            stream?.Dispose();
            throw new BearerException(BearerFailure.ConnectFailed, name, $"cannot connect to {name}: {SocketErrors.Describe(e)}", e);
        }
        catch
        {
            stream?.Dispose();
            throw;
        }
    }
}
