using System.Globalization;
using System.Text.Json;
using Reactive.Network.Peers;

namespace Reactive.Network.Load;

/// <summary>The process of a <see cref="Server"/>.</summary>
internal sealed class ServerProcess : IDisposable
{
    public const string ChildArgument = "--server-process";

    private readonly ChildProcess _process;

    private ServerProcess(ChildProcess process, ServerAnswer ports)
    {
        _process = process;
        Ports = ports;
    }

    /// <summary>Where it listens.</summary>
    public ServerAnswer Ports { get; }

    /// <summary>Where its node listens.</summary>
    public PeerAddress Node => new("127.0.0.1", Ports.Node);

    /// <param name="source">memory, growing, loop or directory.</param>
    /// <param name="blockBytes">The size of generated blocks.</param>
    /// <param name="directory">Read instead, or served.</param>
    public static async Task<ServerProcess> StartAsync(string source, int blockBytes, string? directory)
    {
        string size = blockBytes.ToString(CultureInfo.InvariantCulture);
        var process = new ChildProcess(directory is null ? [ChildArgument, source, size] : [ChildArgument, source, size, directory]);
        try
        {
            return new ServerProcess(process, await ReadAsync(process));
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    public async Task<Usage> UsageAsync(bool collect = false) => (await AskAsync(collect ? "collect" : "usage")).Usage;

    /// <summary>Makes it close the plain connections that wait for announcements.</summary>
    public Task ForgetPlainAsync() => AskAsync("forget-plain");

    /// <summary>Starts to count system calls, or, where it counts, says how many there were and stops.</summary>
    public async Task<SystemCalls?> CountAsync() => (await AskAsync("count")).Calls;

    /// <summary>Makes it announce a new header: over the node's connections, or over the plain ones.</summary>
    /// <returns>When it began to, on the clock both processes share.</returns>
    public async Task<long> AnnounceAsync(bool plain) => (await AskAsync(plain ? "announce-plain" : "announce")).Announced;

    public void Dispose() => _process.Dispose();

    private async Task<ServerAnswer> AskAsync(string command)
    {
        await _process.WriteAsync(command);
        return await ReadAsync(_process);
    }

    private static async Task<ServerAnswer> ReadAsync(ChildProcess process)
    {
        string line = await process.ReadAsync();
        return JsonSerializer.Deserialize(line, ServerJson.Default.ServerAnswer) ?? throw new IOException($"the server process said {line}");
    }
}
