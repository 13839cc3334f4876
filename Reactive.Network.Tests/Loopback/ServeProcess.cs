using System.Diagnostics;
using System.Text.Json;
using Reactive.Network.Peers;

namespace Reactive.Network.Tests.Loopback;

/// <summary>A process of the tool that serves a directory of the devnet on a port of this machine. Ended with the test, whatever becomes of it.</summary>
internal sealed class ServeProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServeProcess(Process process, PeerAddress address) => (_process, Address) = (process, address);

    public PeerAddress Address { get; }

    public static async Task<ServeProcess> StartAsync(string directory, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "rxnet.dll"),
                "serve", "--chain", directory, "--network", "42", "--listen", "127.0.0.1:0", "--json",
            },
            RedirectStandardOutput = true,
        };
        Process process = Process.Start(start) ?? throw new InvalidOperationException("The tool does not start.");
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(TimeSpan.FromSeconds(60));
            string line = await process.StandardOutput.ReadLineAsync(limit.Token) ?? throw new InvalidOperationException("The tool ended before it listened.");
            using JsonDocument listening = JsonDocument.Parse(line);
            return new ServeProcess(process, PeerAddress.Parse(listening.RootElement.GetProperty("address").GetString()!));
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>As <c>kill -9</c>: no farewell.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }
}
