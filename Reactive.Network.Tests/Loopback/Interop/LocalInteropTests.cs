using System.Security.Cryptography;
using System.Text.Json;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Protocols;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Loopback.Interop;

/// <summary>An independent client of a local node of ours: handshake, blocks, queries; and what it speaks wrongly, which is refused.</summary>
[Trait("Category", "Loopback")]
[Collection("Interop")]
public sealed class LocalInteropTests : IDisposable
{
    private readonly List<Block> _blocks = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 12, BodyBytes = 20_000 }).Take(60)];
    private readonly InMemoryChain _chain = new();

    public LocalInteropTests() => _blocks.ForEach(_chain.Append);

    [Fact]
    public async Task RefusesAnotherNetwork_WhenItIsProposed()
    {
        await using LocalInteropSession session = await LocalInteropSession.ConnectAsync(_chain);

        await session.Client.TellAsync(new { command = "proposeLocal", magic = 7, query = false });
        JsonElement refusal = await session.Client.ExpectAsync("refuse");

        Assert.Equal("refused", refusal.GetProperty("reason").GetString());
        Assert.Contains("network magic 42 /= 7", refusal.GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task GivesEveryBlock_WhenItIsFollowedFromOrigin()
    {
        await using LocalInteropSession session = await LocalInteropSession.OpenAsync(_chain);

        await session.Client.TellAsync(new { command = "findIntersect", points = new object?[] { null } });
        JsonElement found = await session.Client.ExpectAsync("intersectFound");
        await session.Client.TellAsync(new { command = "requestNext", count = 62 });
        await session.Client.ExpectAsync("rollBackward");
        var seen = new List<string>();
        foreach (Block _ in _blocks)
        {
            JsonElement forward = await session.Client.ExpectAsync("rollForward");
            Assert.Equal(_chain.Tip, InteropSession.ReadTip(forward.GetProperty("tip")));
            seen.Add(forward.GetProperty("sha256").GetString()!);
        }

        await session.Client.ExpectAsync("awaitReply");

        Assert.Equal(_chain.Tip, InteropSession.ReadTip(found.GetProperty("tip")));
        Assert.Equal(_blocks.Select(block => Convert.ToHexStringLower(SHA256.HashData(block.Span))), seen);
    }

    [Fact]
    public async Task TellsOfTheRollBack_WhenTheChainIsRolledBackUnderIt()
    {
        await using LocalInteropSession session = await LocalInteropSession.OpenAsync(_chain);
        await session.Client.TellAsync(new { command = "findIntersect", points = new[] { new { slot = _blocks[57].Point.Slot, hash = _blocks[57].Point.Hash.ToString() } } });
        await session.Client.ExpectAsync("intersectFound");
        await session.Client.TellAsync(new { command = "requestNext", count = 4 });
        await session.Client.ExpectAsync("rollBackward");
        await session.Client.ExpectAsync("rollForward");
        await session.Client.ExpectAsync("rollForward");
        await session.Client.ExpectAsync("awaitReply");

        _chain.RollBack(_blocks[55].Point);
        JsonElement back = await session.Client.ExpectAsync("rollBackward");

        Assert.Equal(_blocks[55].Point, InteropSession.ReadPoint(back.GetProperty("point")));
    }

    [Fact]
    public async Task AnswersQueries_WhenAStateIsAcquired()
    {
        await using LocalInteropSession session = await LocalInteropSession.OpenAsync(_chain);
        Point tip = _chain.Tip.Point;

        await session.Client.TellAsync(new { command = "acquire" });
        await session.Client.ExpectAsync("acquired");
        string number = await session.QueryAsync("8102");
        string point = await session.QueryAsync("8103");
        await session.Client.TellAsync(new { command = "release" });
        await session.Client.TellAsync(new { command = "acquire", point = new { slot = tip.Slot, hash = tip.Hash.ToString() } });
        await session.Client.ExpectAsync("acquired");
        string again = await session.QueryAsync("8102");
        await session.Client.TellAsync(new { command = "release" });
        await session.Client.TellAsync(new { command = "acquire", point = new { slot = 1, hash = new string('0', 64) } });
        JsonElement failure = await session.Client.ExpectAsync("failure");

        Assert.Equal(("8204" + "8201" + "183b", number), (number, again));
        Assert.Equal($"820482{Slot(tip.Slot)}5820{tip.Hash}", point);
        Assert.Equal("820201", failure.GetProperty("bytes").GetString());
    }

    [Fact]
    public async Task BeginsAnew_WhenTheClientWasDone()
    {
        await using LocalInteropSession session = await LocalInteropSession.OpenAsync(_chain);

        foreach (int _ in Enumerable.Range(0, 2))
        {
            await session.Client.TellAsync(new { command = "acquire" });
            await session.Client.ExpectAsync("acquired");
            Assert.Equal("82048201183b", await session.QueryAsync("8102"));
            await session.Client.TellAsync(new { command = "release" });
            await session.Client.TellAsync(new { command = "done", protocol = "stateQuery" });
            await session.Client.ExpectAsync("done");
        }
    }

    /// <summary>The package submits the bytes of the transaction alone, without era and tag 24.</summary>
    [Fact]
    public async Task RefusesTyped_WhenATransactionIsSubmittedWithoutItsEra()
    {
        await using LocalInteropSession session = await LocalInteropSession.OpenAsync(_chain);

        await session.Client.TellAsync(new { command = "submit", hex = "84a300d901028001800200a0f5f6" });

        Assert.IsType<CodecException>(await session.EndAsync());
        Assert.Contains("82004e84a300d901028001800200a0f5f6", session.Received);
    }

    /// <summary>The package acquires a mempool with the message that releases it.</summary>
    [Fact]
    public async Task RefusesTyped_WhenAMempoolIsReleasedThatWasNotAcquired()
    {
        await using LocalInteropSession session = await LocalInteropSession.OpenAsync(_chain);

        await session.Client.TellAsync(new { command = "monitor" });

        var violation = Assert.IsType<ProtocolViolationException>(await session.EndAsync());
        Assert.Equal((ProtocolViolation.UnexpectedMessage, "local-tx-monitor", "Idle"), (violation.Violation, violation.Protocol, violation.State));
        Assert.Contains("8103", session.Received);
    }

    public void Dispose() => _chain.Dispose();

    private static string Slot(ulong slot) => Protocols.CodecCheck.EncodeHex(output => new CborSpanWriter(output).WriteUInt(slot));
}
