using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.Handshake;
using Reactive.Network.Tests.Scenarios;
using ProtocolViolationException = Reactive.Network.Protocols.ProtocolViolationException;

namespace Reactive.Network.Tests.Protocols.Handshake;

public class NodeToClientNegotiationTests
{
    private static readonly NodeToClientOffer Offer = new(764_824_073);

    /// <summary>The examples of the specification page.</summary>
    [Fact]
    public void SaysWhatTheSpecificationSays_WhenProposedAcceptedAndRefused()
    {
        HandshakeAnswer accepted = HandshakeNegotiation.Answer(Offer, Offer.ToTable());
        HandshakeAnswer refused = HandshakeNegotiation.Answer(Offer, new NodeToNodeOffer(764_824_073).ToTable());

        Assert.Equal(
            "8200a8198010821a2d964a09f4198011821a2d964a09f4198012821a2d964a09f4198013821a2d964a09f4198014821a2d964a09f4198015821a2d964a09f4"
            + "198016821a2d964a09f4198017821a2d964a09f4",
            Write(new HandshakeMessage.ProposeVersions(Offer.ToTable())));
        Assert.Equal("8301198017821a2d964a09f4", Write(accepted.Message));
        Assert.Equal(23, NodeToClient.NumberOf(accepted.Version!.Value.Version));
        Assert.Equal("8202820088198010198011198012198013198014198015198016198017", Write(refused.Message));
        Assert.Null(refused.Version);
    }

    [Fact]
    public void ComeToTheSameResult_WhenAnyTwoVersionsMeet()
    {
        for (int ours = 16; ours <= 23; ours++)
        {
            for (int theirs = 16; theirs <= 23; theirs++)
            {
                NodeToClientOffer client = Offer with { NewestVersion = NodeToClient.VersionBit + ours };
                NodeToClientOffer node = Offer with { NewestVersion = NodeToClient.VersionBit + theirs };

                HandshakeAnswer answer = HandshakeNegotiation.Answer(node, client.ToTable());
                HandshakeConclusion conclusion = HandshakeNegotiation.Conclude(client, answer.Message);

                Assert.Equal(Math.Min(ours, theirs), NodeToClient.NumberOf(answer.Version!.Value.Version));
                Assert.Equal(answer.Version, conclusion.Version);
            }
        }
    }

    [Fact]
    public void Refuses_WhenTheNetworksDiffer()
    {
        HandshakeAnswer answer = HandshakeNegotiation.Answer(Offer, (Offer with { Magic = 1 }).ToTable());

        var reason = Assert.IsType<RefusalReason.Refused>(Assert.IsType<HandshakeMessage.Refuse>(answer.Message).Reason);
        Assert.StartsWith("version data mismatch:", reason.Text, StringComparison.Ordinal);
        var error = Assert.Throws<HandshakeRefusedException>(() => HandshakeNegotiation.Conclude(Offer with { Magic = 1 }, answer.Message));
        Assert.False(error.IsLocal);
    }

    [Fact]
    public void RefusesAsUndecodable_WhenTheChosenDataIsWrong()
    {
        HandshakeMessage proposal = HandshakeCodec.Read(Convert.FromHexString("8200a11980101a2d964a09"), ProtocolBundle.NodeToClient);

        HandshakeAnswer answer = HandshakeNegotiation.Answer(Offer, Assert.IsType<HandshakeMessage.ProposeVersions>(proposal).Versions);

        Assert.IsType<RefusalReason.HandshakeDecodeError>(Assert.IsType<HandshakeMessage.Refuse>(answer.Message).Reason);
    }

    [Theory]
    [InlineData("8301198018821a2d964a09f4", typeof(CodecException))] // version 24
    [InlineData("830117821a2d964a09f4", typeof(CodecException))] // 23 without bit 15
    [InlineData("830119801783f4f4f4", typeof(CodecException))]
    [InlineData("8301198017821a2d964a08f4", typeof(HandshakeRefusedException))] // another network
    [InlineData("8203a1198017821a2d964a09f4", typeof(ProtocolViolationException))] // a reply to no query
    [InlineData("8200a1198017821a2d964a09f4", typeof(ProtocolViolationException))] // a proposal for an answer
    public void Throws_WhenTheAnswerIsWrong(string hex, Type error)
    {
        HandshakeMessage answer = HandshakeCodec.Read(Convert.FromHexString(hex), ProtocolBundle.NodeToClient);

        Assert.IsType(error, Record.Exception(() => HandshakeNegotiation.Conclude(Offer, answer)));
    }

    [Fact]
    public void Throws_WhenTheNodeAcceptsWhatWasNotOffered()
    {
        NodeToClientOffer old = Offer with { NewestVersion = NodeToClient.OldestVersion };

        Assert.Throws<ProtocolViolationException>(
            () => HandshakeNegotiation.Conclude(old, HandshakeNegotiation.Answer(Offer, Offer.ToTable()).Message));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(23)]
    public void AgreesOnTheOlder_WhenConnectionsMeet(int newest)
    {
        var pair = new VirtualLocalPair(new LocalService(), node: o => o with { NewestLocalVersion = newest });

        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(newest, NodeToClient.NumberOf(pair.Client.Version!.Value.Version));
        Assert.Equal(pair.Client.Version, pair.Node.Version);
    }

    [Fact]
    public void EndWithTheRefusalOnBothSides_WhenTheNetworksDiffer()
    {
        var pair = new VirtualLocalPair(new LocalService(), client: o => o with { Magic = NetworkMagic.Mainnet });

        pair.Run(TimeSpan.FromSeconds(1));

        Assert.False(Assert.IsType<HandshakeRefusedException>(pair.ClientCause).IsLocal);
        Assert.True(Assert.IsType<HandshakeRefusedException>(pair.NodeCause).IsLocal);
    }

    [Fact]
    public async Task TellsItsVersions_WhenQueried()
    {
        var time = new Microsoft.Reactive.Testing.TestScheduler();
        var options = new NetworkOptions { Magic = NetworkMagic.Devnet, Scheduler = time };
        (Network.Bearers.IBearer a, Network.Bearers.IBearer b) = Network.Bearers.InMemoryBearer.CreatePair(time);
        using LocalConnection node = LocalConnection.Accept(b, options, new LocalService());

        Task<VersionTable> asked = LocalConnection.QueryVersionsAsync(a, options, TestContext.Current.CancellationToken);
        time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);

        Assert.Equal(Enumerable.Range(16, 8), (await asked).Select(entry => NodeToClient.NumberOf(entry.Version)));
    }

    /// <summary>What clients have really sent first, over the socket of a mainnet node.</summary>
    [Theory]
    [InlineData("n2c-cardano-cli-propose-mainnet", 16)]
    [InlineData("n2c-propose-v1-v12-mainnet", null)]
    public void AgreesOrRefuses_WhenACapturedProposalIsReplayed(string capture, int? version)
    {
        var time = new Microsoft.Reactive.Testing.TestScheduler();
        (Network.Bearers.IBearer a, Network.Bearers.IBearer b) = Network.Bearers.InMemoryBearer.CreatePair(time);
        using LocalConnection node = LocalConnection.Accept(b, new NetworkOptions { Scheduler = time }, new LocalService());
        a.Start(new Bearers.RecordingSink(new object()));
        a.TryWrite(File.ReadAllBytes(Support.DataFolder.Path("messages", "captures", $"{capture}.bin")));

        time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);

        Assert.Equal(version, node.Version is { } agreed ? NodeToClient.NumberOf(agreed.Version) : null);
        Assert.Equal(
            version is null ? typeof(RefusalReason.VersionMismatch) : null, (VirtualLocalPair.CauseOf(node) as HandshakeRefusedException)?.Reason.GetType());
    }

    [Fact]
    public void WaitsWithoutALimit_WhenNobodyAnswers()
    {
        var time = new Microsoft.Reactive.Testing.TestScheduler();
        (Network.Bearers.IBearer a, _) = Network.Bearers.InMemoryBearer.CreatePair(time);
        using LocalConnection client = LocalConnection.Connect(a, new NetworkOptions { Scheduler = time });

        time.AdvanceBy(TimeSpan.FromDays(1).Ticks);

        Assert.False(client.Completion.IsCompleted);
    }

    [Fact]
    public void EndsAsOverdue_WhenTheRestOfTheProposalDoesNotComeIn10Seconds()
    {
        var time = new Microsoft.Reactive.Testing.TestScheduler();
        (Network.Bearers.IBearer a, Network.Bearers.IBearer b) = Network.Bearers.InMemoryBearer.CreatePair(time);
        using LocalConnection node = LocalConnection.Accept(b, new NetworkOptions { Scheduler = time }, new LocalService());
        a.Start(new Bearers.RecordingSink(new object()));
        a.TryWrite(new byte[] { 0, 0, 0, 0, 0, 0, 0, 9, 0x82 });

        time.AdvanceBy(TimeSpan.FromSeconds(10).Ticks + 10);

        Assert.Equal(MuxFailure.SduReadTimeout, Assert.IsType<MuxException>(VirtualLocalPair.CauseOf(node)).Failure);
    }

    private static string Write(HandshakeMessage message) => CodecCheck.EncodeHex(output => HandshakeCodec.Write(output, message));
}
