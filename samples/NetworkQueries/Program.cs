using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Threading.Tasks;
using NetworkQueries;
using Reactive.Network;
using Reactive.Network.Peers;
using Reactive.Network.Peers.Governance;
using Reactive.Network.Protocols.KeepAlive;
using Rxnet.Embedded;

Query[] chosen = args is [var name] ? [.. Cookbook.All.Where(query => name == "all" || query.Name == name)] : [];
if (chosen.Length == 0)
{
    foreach (Query query in Cookbook.All)
    {
        Console.WriteLine($"{query.Name,-18}{query.Explanation}");
    }

    Console.WriteLine("Run one by its name, or all.");
    return args.Length == 0 ? 0 : 2;
}

using EmbeddedNetwork embedded = EmbeddedNetwork.Start(DefaultScheduler.Instance);
foreach (Query query in chosen)
{
    Console.WriteLine($"{query.Name}: {query.Explanation}");
    PeerNetwork network = PeerNetwork.Start(new NetworkOptions
    {
        Magic = EmbeddedNetwork.Magic,
        LocalRoots = [.. embedded.Addresses.Select(LocalRootGroup.FromPeerAddress)],
        Peers = new PeerOptions { Targets = Observable.Return(PeerTargets.LocalRootsOnly), Backoff = new PeerBackoff() },
        KeepAlive = new KeepAliveOptions { Interval = TimeSpan.FromSeconds(1) },
    });
    await using (network.ConfigureAwait(false))
    {
        try
        {
            await query.Run(network)
                .Do(static line => Console.WriteLine($"  {line}"))
                .LastOrDefaultAsync()
                .Timeout(TimeSpan.FromSeconds(30))
                .ToTask().ConfigureAwait(false);
        }
        catch (Exception error) when (error is TimeoutException or NetworkException)
        {
            await Console.Error.WriteLineAsync($"{query.Name}: {error.Message}").ConfigureAwait(false);
            return 1;
        }
    }
}

return 0;
