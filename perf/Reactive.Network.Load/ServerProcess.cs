using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Reactive.Network.Peers;

namespace Reactive.Network.Load;

/// <summary>The other process. It ends when its standard input does: with this process, however that ends.</summary>
internal sealed class ServerProcess : IDisposable
{
    public const string ChildArgument = "--server-process";

    private readonly Process _process;

    private ServerProcess(Process process, ServerAnswer ports)
    {
        _process = process;
        Ports = ports;
    }

    /// <summary>Where it listens.</summary>
    public ServerAnswer Ports { get; }

    /// <summary>Where its node listens.</summary>
    public PeerAddress Node => new("127.0.0.1", Ports.Node);

    /// <param name="source">memory, loop or directory.</param>
    /// <param name="blockBytes">The size of generated blocks.</param>
    /// <param name="directory">Read instead, or served.</param>
    public static async Task<ServerProcess> StartAsync(string source, int blockBytes, string? directory)
    {
        string program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add(Assembly.GetExecutingAssembly().Location);
        }

        start.ArgumentList.Add(ChildArgument);
        start.ArgumentList.Add(source);
        start.ArgumentList.Add(blockBytes.ToString(CultureInfo.InvariantCulture));
        if (directory is not null)
        {
            start.ArgumentList.Add(directory);
        }

        Process process = Process.Start(start) ?? throw new IOException("the server process did not start");
        try
        {
            return new ServerProcess(process, await ReadAsync(process));
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    public async Task<Usage> UsageAsync(bool collect = false) => (await AskAsync(collect ? "collect" : "usage")).Usage;

    /// <summary>Starts to count system calls, or, where it counts, says how many there were and stops.</summary>
    public async Task<SystemCalls?> CountAsync() => (await AskAsync("count")).Calls;

    /// <summary>Makes it announce a new header: over the node's connections, or over the plain ones.</summary>
    /// <returns>When it began to, on the clock both processes share.</returns>
    public async Task<long> AnnounceAsync(bool plain) => (await AskAsync(plain ? "announce-plain" : "announce")).Announced;

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(5)))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task<ServerAnswer> AskAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
        return await ReadAsync(_process);
    }

    private static async Task<ServerAnswer> ReadAsync(Process process)
    {
        string line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1))
            ?? throw new IOException("the server process ended");
        return JsonSerializer.Deserialize(line, ServerJson.Default.ServerAnswer) ?? throw new IOException($"the server process said {line}");
    }
}
