using Reactive.Network.Chain;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;

namespace Reactive.Network.Load.Scenarios;

internal static class ClientOptions
{
    public static NetworkOptions For(LoadOptions options) => new()
    {
        Magic = NetworkMagic.Devnet,
        ChainSync = new ChainSyncOptions { HashHeaders = options.Points },
        BlockFetch = new BlockFetchOptions { Check = options.Check ? BlockCheck.Body : BlockCheck.None },
    };

    /// <summary>The cases: every size, or the directory.</summary>
    public static IEnumerable<(string Name, int Size, string? Directory)> Cases(LoadOptions options) => options.Real is { } directory
        ? [(Path.GetFileName(Path.TrimEndingDirectorySeparator(directory)), 0, directory)]
        : options.Sizes.Select(static size => ($"{size} B", size, (string?)null));
}
