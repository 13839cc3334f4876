using System.Text.Json;
using global::Rxnet.Commands;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Samples.Rxnet;

public class RxnetCommandTests
{
    private const string Hash = "ada70f69caf5fc5802e013a12f6f82b3a037e6a4f12814211c73c96e6e79291c";

    [Theory]
    [InlineData("dance")]
    [InlineData("follow --dance")]
    [InlineData("follow dance")]
    [InlineData("--peer nowhere")]
    [InlineData("follow --network 42")]
    [InlineData("follow --network 1")]
    [InlineData("follow --network sanchonet")]
    [InlineData("follow --network nowhere")]
    [InlineData("follow --network 4294967296 --peer a:1")]
    [InlineData("follow --peer a")]
    [InlineData("follow --peer a:0")]
    [InlineData("follow --peer a:65536")]
    [InlineData("follow --peer a:1 --peer b")]
    [InlineData("follow --peer a:1 --from here")]
    [InlineData("follow --peer a:1 --from 12." + Hash + "00")]
    [InlineData("follow --peer a:1 --from -1." + Hash)]
    [InlineData("follow --peer a:1 --count 0")]
    [InlineData("follow --peer a:1 --count -1")]
    [InlineData("follow --peer a:1 --count many")]
    [InlineData("follow --peer a:1 --seconds 0")]
    [InlineData("follow --peer a:1 --seconds")]
    [InlineData("follow --topology")]
    [InlineData("tip")]
    [InlineData("tip --network 42")]
    [InlineData("tip --peer a")]
    [InlineData("crawl")]
    [InlineData("crawl a")]
    [InlineData("crawl a:1 --max 0")]
    [InlineData("serve")]
    [InlineData("serve --chain a --listen b")]
    [InlineData("relay")]
    [InlineData("relay --chain a")]
    [InlineData("relay --peer a:1 --keep 0")]
    [InlineData("relay --peer a:1 --listen b")]
    [InlineData("relay --peer a:1 --chain b --from origin")]
    [InlineData("serve --chain a --start 0")]
    [InlineData("serve --chain a --every 1")]
    [InlineData("serve --chain a --start 1 --every 0")]
    [InlineData("follow --socket a --peer b:1")]
    [InlineData("follow --socket a --topology b")]
    [InlineData("follow --socket a --headers-only")]
    [InlineData("follow --socket a123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a1234567")]
    [InlineData("query")]
    [InlineData("query epoch")]
    [InlineData("query nothing --socket a")]
    [InlineData("query epoch now --socket a")]
    [InlineData("query epoch --socket a --at nowhere")]
    [InlineData("query epoch --socket a --era ice")]
    [InlineData("query era-start --socket a")]
    [InlineData("query era-start ice --socket a")]
    [InlineData("query raw --socket a")]
    [InlineData("query raw 81 --socket a")]
    [InlineData("query raw 8g --socket a")]
    [InlineData("query utxo-of --socket a")]
    [InlineData("query utxo-of addr1nothing --socket a")]
    [InlineData("query utxo-at 00#0 --socket a")]
    [InlineData("query utxo-at " + Hash + " --socket a")]
    [InlineData("query pool-states 00 --socket a")]
    [InlineData("query deposits script:00 --socket a")]
    [InlineData("query ledger-peers small --socket a")]
    [InlineData("query GetGovState 00 --socket a")]
    [InlineData("query GetEverything --socket a")]
    [InlineData("query GetProposals,GetRatifyState --socket a")]
    [InlineData("submit --socket a")]
    [InlineData("submit --socket a ")]
    [InlineData("capture --peer a:1 ")]
    [InlineData("capture a --client-bytes ")]
    [InlineData("capture a --server-bytes ")]
    [InlineData("capture a --to b:1 --listen ./123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a")]
    [InlineData("capture a --listen b:1 --to ./123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a")]
    [InlineData("replay ")]
    [InlineData("replay a --as client --to ./123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a")]
    [InlineData("replay a --as server --listen ./123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a123456789a")]
    [InlineData("submit a")]
    [InlineData("submit a --socket b --watch 0")]
    [InlineData("submit a --socket b --era ice")]
    [InlineData("mempool")]
    [InlineData("mempool --socket a --seconds 1")]
    [InlineData("mempool --socket a --count 1")]
    [InlineData("ping")]
    [InlineData("ping a")]
    [InlineData("ping a:1 b:2")]
    [InlineData("fetch --from 1." + Hash + " --to 1." + Hash)]
    [InlineData("fetch --peer a:1 --from origin --to 1." + Hash)]
    [InlineData("fetch --peer a:1 --from 2." + Hash + " --to 1." + Hash)]
    [InlineData("fetch --peer a:1 --peer b:1 --from 1." + Hash + " --to 1." + Hash)]
    public async Task EndsWithTwoAndOneLine_WhenUsageIsWrong(string line)
    {
        var error = new StringWriter();

        int code = await RxnetCommand.RunAsync(line.Split(' '), error, TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.WrongUsage, code);
        Assert.StartsWith("rxnet: ", Assert.Single(error.ToString().TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "follow")]
    [InlineData("--seconds 5", "follow")]
    [InlineData("--json", "follow")]
    [InlineData("follow --network preview", "follow")]
    [InlineData("follow --network MAINNET --peer a:1 --peer [::1]:2 --from tip --count 3 --headers-only", "follow")]
    [InlineData("follow --peer a:1 --from 12." + Hash, "follow")]
    [InlineData("follow --peer a:1 --peer b:2 --topology file", "follow")]
    [InlineData("tip --peer a:1 --peer b:2 --watch --json", "tip")]
    [InlineData("tip --topology file --seconds 5", "tip")]
    [InlineData("crawl a:1 b:2 --network preview --max 10 --seconds 5 --json", "crawl")]
    [InlineData("serve --chain dir --listen 127.0.0.1:0", "serve")]
    [InlineData("relay --peer a:1 --peer b:2 --chain dir --listen 127.0.0.1:0 --keep 10 --seconds 3 --json", "relay")]
    [InlineData("relay --topology file --from tip", "relay")]
    [InlineData("serve --chain dir --socket path", "serve")]
    [InlineData("serve --chain dir --socket path --listen 127.0.0.1:0 --start 10 --every 0.5 --json", "serve")]
    [InlineData("follow --socket path --network 42 --from origin --count 3 --seconds 2 --json", "follow")]
    [InlineData("query epoch --socket path --network 42 --at immutable --era conway --json", "query")]
    [InlineData("query --list", "query")]
    [InlineData("submit - --socket path --network 42 --watch 3 --seconds 9 --json", "submit")]
    [InlineData("mempool --socket path --network 42 --watch --count 3 --seconds 9 --json", "mempool")]
    [InlineData("ping a:1 --network 42 --count 1", "ping")]
    public void Reads_WhenUsageIsRight(string line, string command)
    {
        System.CommandLine.ParseResult parsed = RxnetCommand.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Empty(parsed.Errors);
        Assert.Equal(command, parsed.CommandResult.Command.Name);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("--version")]
    public void LeavesTheRootsOwnOptions_WhenTheyAreAskedFor(string option) =>
        Assert.Empty(RxnetCommand.Parse([option]).Errors);

    [Theory]
    [InlineData("serve --chain no-such-place")]
    [InlineData("relay --peer 127.0.0.1:1 --chain no-such-place")]
    [InlineData("relay --topology no-such-place --listen 127.0.0.1:0")]
    public async Task EndsWithOneAndOneLine_WhenThereIsNoSuchPlace(string line)
    {
        var error = new StringWriter();

        int code = await RxnetCommand.RunAsync(line.Split(' '), error, TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Failed, code);
        Assert.StartsWith("rxnet: no-such-place: ", Assert.Single(error.ToString().TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("follow")]
    [InlineData("tip")]
    public async Task EndsWithOneAndOneLine_WhenThereIsNoSuchTopology(string command)
    {
        var error = new StringWriter();

        int code = await RxnetCommand.RunAsync([command, "--topology", "no-such-file"], error, TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Failed, code);
        Assert.StartsWith("rxnet: no-such-file: ", Assert.Single(error.ToString().TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("follow --socket no-such-socket", "cannot connect to no-such-socket: no such socket")]
    [InlineData("query epoch --socket no-such-socket", "cannot connect to no-such-socket: no such socket")]
    [InlineData("mempool --socket no-such-socket", "cannot connect to no-such-socket: no such socket")]
    [InlineData("mempool --watch --socket no-such-socket", "cannot connect to no-such-socket: no such socket")]
    [InlineData("submit no-such-file --socket no-such-socket", "no-such-file: no such file")]
    [InlineData("serve --chain no-such-place --socket a", "no-such-place: ")]
    public async Task EndsWithOneAndOneLine_WhenThereIsNoSuchNode(string line, string expected)
    {
        var error = new StringWriter();

        int code = await RxnetCommand.RunAsync(line.Split(' '), error, TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Failed, code);
        Assert.StartsWith($"rxnet: {expected}", Assert.Single(error.ToString().TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public void KnowsTheAccessPointsOfTheTopologyFiles_WhenTheDataIsThere()
    {
        string folder = DataFolder.Path("genesis");

        foreach ((string name, NetworkMagic magic) in new[]
        {
            ("mainnet", NetworkMagic.Mainnet), ("preprod", NetworkMagic.Preprod), ("preview", NetworkMagic.Preview),
        })
        {
            using var topology = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, name, "topology.json")));
            Assert.Equal(
                topology.RootElement.GetProperty("bootstrapPeers").EnumerateArray()
                    .Select(static peer => new PeerAddress(peer.GetProperty("address").GetString()!, peer.GetProperty("port").GetInt32())),
                PublicAccessPoints.Of(magic));
        }
    }
}
