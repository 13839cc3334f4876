using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Loopback.Interop;

/// <summary>
/// The independent client: a Node.js process that runs <c>client.js</c>, told what to do and asked what it saw in JSON lines. Every wait is bounded, and
/// the process does not outlive this object.
/// </summary>
internal sealed class TypeScriptClient : IAsyncDisposable
{
    /// <summary>Begins the reason of every test skipped for want of Node.js or the package; <c>.ci/run</c> looks for it.</summary>
    public const string MissingMessage = "interop is not tested";

    private const int OldestNode = 20;

    /// <summary>For one line from the process: generous, because the machine may be loaded.</summary>
    private static readonly TimeSpan LineTimeout = TimeSpan.FromSeconds(60);

    private static readonly Lazy<string> NodeVersion = new(AskNodeForItsVersion);

    private readonly Process _process;
    private readonly Task<string> _errors;

    private TypeScriptClient(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
    }

    /// <summary>Starts the process. Skips the calling test where Node.js or the package is missing.</summary>
    public static TypeScriptClient Start()
    {
        string folder = RepositoryFolder.At("Reactive.Network.Tests", "Loopback", "Interop");
        Assert.SkipWhen(
            !int.TryParse(NodeVersion.Value.Split('.')[0], out int major) || major < OldestNode,
            $"{MissingMessage}: Node.js {OldestNode} or newer is not there");
        Assert.SkipWhen(
            !Directory.Exists(Path.Combine(folder, "node_modules", "@harmoniclabs", "ouroboros-miniprotocols-ts")),
            $"{MissingMessage}: its npm package is not there; run 'npm ci' in Reactive.Network.Tests/Loopback/Interop");
        var start = new ProcessStartInfo("node", ["client.js"])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new TypeScriptClient(Process.Start(start)!);
    }

    /// <summary>Tells it to do something: an object with <c>command</c> and what that needs.</summary>
    public async Task TellAsync(object command)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(command).AsMemory(), TestContext.Current.CancellationToken);
        await _process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>What it saw next.</summary>
    public async Task<JsonElement> NextAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(LineTimeout);
        string? line;
        try
        {
            line = await _process.StandardOutput.ReadLineAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            _process.Kill(entireProcessTree: true);
            throw new TimeoutException($"client.js said nothing for {LineTimeout.TotalSeconds} s. {await _errors}");
        }

        if (line is null)
        {
            throw new InvalidOperationException($"client.js has ended. {await _errors}");
        }

        using JsonDocument document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }

    /// <summary>What it saw next, which is <paramref name="event"/>.</summary>
    public async Task<JsonElement> ExpectAsync(string @event)
    {
        JsonElement seen = await NextAsync();
        Assert.True(seen.GetProperty("event").GetString() == @event, $"expected {@event}, but client.js saw {seen}");
        return seen;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private static string AskNodeForItsVersion()
    {
        try
        {
            using Process node = Process.Start(new ProcessStartInfo("node", ["--version"]) { RedirectStandardOutput = true })!;
            return node.StandardOutput.ReadToEnd().Trim().TrimStart('v');
        }
        catch (Win32Exception)
        {
            return "";
        }
    }
}
