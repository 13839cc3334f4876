using Reactive.Network.Cbor;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.Handshake;

namespace Reactive.Network.Tests.Protocols.Handshake;

public class HandshakeNegotiationTests
{
    private static readonly NodeToNodeOffer Duplex = new(42);

    [Fact]
    public void AgreesOnTheGreatestCommonVersion_WhenSeveralAreOffered()
    {
        HandshakeAnswer answer = HandshakeNegotiation.Answer(Duplex with { Experimental = true }, Duplex.ToTable());

        Assert.Equal(15, answer.Version?.Version);
        Assert.Equal(15, Assert.IsType<HandshakeMessage.AcceptVersion>(answer.Message).Entry.Version);
    }

    [Fact]
    public void AgreesOnVersion16_WhenBothOfferIt()
    {
        NodeToNodeOffer peras = Duplex with { Experimental = true, PerasSupport = true };

        HandshakeAnswer both = HandshakeNegotiation.Answer(peras, peras.ToTable());
        HandshakeAnswer one = HandshakeNegotiation.Answer(peras, (peras with { PerasSupport = false }).ToTable());

        Assert.Equal(new NegotiatedVersion(16, 42, true, false, false, PerasSupport: true), both.Version);
        Assert.Equal(new NegotiatedVersion(16, 42, true, false, false, PerasSupport: false), one.Version);
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(false, true, false)]
    [InlineData(true, false, false)]
    [InlineData(true, true, false)]
    public void IsDuplex_WhenNeitherIsInitiatorOnly(bool ours, bool theirs, bool duplex)
    {
        HandshakeAnswer answer = HandshakeNegotiation.Answer(
            Duplex with { InitiatorOnly = ours }, (Duplex with { InitiatorOnly = theirs }).ToTable());

        Assert.Equal(duplex, answer.Version?.IsDuplex);
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, false, false)]
    [InlineData(true, true, true)]
    public void SharesPeers_WhenBothDo(bool ours, bool theirs, bool agreed)
    {
        HandshakeAnswer answer = HandshakeNegotiation.Answer(
            Duplex with { PeerSharing = ours }, (Duplex with { PeerSharing = theirs }).ToTable());

        Assert.Equal(agreed, answer.Version?.PeerSharing);
    }

    [Fact]
    public void SendsCombinedData_WhenItAccepts()
    {
        HandshakeAnswer answer = HandshakeNegotiation.Answer(
            Duplex with { PeerSharing = true }, (Duplex with { InitiatorOnly = true }).ToTable());

        VersionEntry entry = Assert.IsType<HandshakeMessage.AcceptVersion>(answer.Message).Entry;
        Assert.Equal(new NodeToNodeVersionData(42, InitiatorOnly: true, PeerSharing: false, Query: false), NodeToNodeVersionData.Decode(15, entry.Data.Span));
    }

    [Fact]
    public void ComeToTheSameResult_WhenAnyTwoOffersMeet()
    {
        NodeToNodeOffer[] offers = [.. AllOffers()];
        foreach (NodeToNodeOffer client in offers)
        {
            foreach (NodeToNodeOffer server in offers)
            {
                HandshakeAnswer answer = HandshakeNegotiation.Answer(server, client.ToTable());
                if (answer.Version is { } agreed)
                {
                    Assert.Equal(agreed, HandshakeNegotiation.Conclude(client, answer.Message).Version);
                }

                // Simultaneous open: both are clients.
                NegotiatedVersion? here = HandshakeNegotiation.Conclude(client, new HandshakeMessage.ProposeVersions(server.ToTable())).Version;
                NegotiatedVersion? there = HandshakeNegotiation.Conclude(server, new HandshakeMessage.ProposeVersions(client.ToTable())).Version;
                Assert.NotNull(here);
                Assert.Equal(here, there);
            }
        }
    }

    [Fact]
    public void RefusesWithOwnVersions_WhenNoneIsCommon()
    {
        HandshakeMessage proposal = HandshakeCodec.Read(Convert.FromHexString("8200a20782182af40c84182af400f4"));

        HandshakeAnswer answer = HandshakeNegotiation.Answer(Duplex, Assert.IsType<HandshakeMessage.ProposeVersions>(proposal).Versions);

        Assert.Null(answer.Version);
        Assert.Equal(new HandshakeMessage.Refuse(new RefusalReason.VersionMismatch([14, 15])), answer.Message);
    }

    [Fact]
    public void RefusesWithDecodeError_WhenDataOfTheChosenVersionIsMalformed()
    {
        var proposed = new VersionTable([new(14, Duplex.DataFor(14).Encode(14)), new(15, new byte[] { 0xf6 })]);

        HandshakeAnswer answer = HandshakeNegotiation.Answer(Duplex, proposed);

        RefusalReason reason = Assert.IsType<HandshakeMessage.Refuse>(answer.Message).Reason;
        Assert.Equal(15, Assert.IsType<RefusalReason.HandshakeDecodeError>(reason).Version);
    }

    [Fact]
    public void Accepts_WhenDataOfAnotherVersionIsMalformed()
    {
        var proposed = new VersionTable([new(14, new byte[] { 0xf6 }), new(15, Duplex.DataFor(15).Encode(15))]);

        Assert.Equal(15, HandshakeNegotiation.Answer(Duplex, proposed).Version?.Version);
    }

    [Fact]
    public void Refuses_WhenNetworksDiffer()
    {
        HandshakeAnswer answer = HandshakeNegotiation.Answer(Duplex, new NodeToNodeOffer(2).ToTable());

        RefusalReason.Refused refused = Assert.IsType<RefusalReason.Refused>(Assert.IsType<HandshakeMessage.Refuse>(answer.Message).Reason);
        Assert.Equal(15, refused.Version);
        Assert.StartsWith("version data mismatch:", refused.Text, StringComparison.Ordinal);
        Assert.Null(answer.Version);
    }

    [Fact]
    public void RepliesWithOwnTable_WhenClientQueries()
    {
        NodeToNodeOffer server = Duplex with { PeerSharing = true };
        NodeToNodeOffer client = Duplex with { Query = true };

        HandshakeAnswer answer = HandshakeNegotiation.Answer(server, client.ToTable());

        Assert.Null(answer.Version);
        Assert.Equal(new HandshakeMessage.QueryReply(server.ToTable()), answer.Message);
        HandshakeConclusion conclusion = HandshakeNegotiation.Conclude(client, answer.Message);
        Assert.Null(conclusion.Version);
        Assert.Equal(server.ToTable(), conclusion.QueryReply);
    }

    [Fact]
    public void CombinesItself_WhenServerSendsItsOwnDataUncombined()
    {
        // pallas and gouroboros answer with their own data.
        var accept = new HandshakeMessage.AcceptVersion(new(15, new NodeToNodeVersionData(42, false, true, false).Encode(15)));

        HandshakeConclusion conclusion = HandshakeNegotiation.Conclude(Duplex with { InitiatorOnly = true }, accept);

        Assert.Equal(new NegotiatedVersion(15, 42, IsDuplex: false, PeerSharing: false, Query: false, PerasSupport: false), conclusion.Version);
    }

    [Fact]
    public void FailsWithTheReason_WhenServerRefuses()
    {
        var reason = new RefusalReason.Refused(15, "no\u001b[2J entry");

        HandshakeRefusedException error = Assert.Throws<HandshakeRefusedException>(
            () => HandshakeNegotiation.Conclude(Duplex, new HandshakeMessage.Refuse(reason)));

        Assert.Same(reason, error.Reason);
        Assert.False(error.IsLocal);
        Assert.Equal(Fault.Remote, error.Fault);
        Assert.DoesNotContain('\u001b', error.Message);
    }

    [Fact]
    public void FailsLocally_WhenServerAcceptsForAnotherNetwork()
    {
        var accept = new HandshakeMessage.AcceptVersion(new(15, new NodeToNodeOffer(2).DataFor(15).Encode(15)));

        HandshakeRefusedException error = Assert.Throws<HandshakeRefusedException>(() => HandshakeNegotiation.Conclude(Duplex, accept));

        Assert.True(error.IsLocal);
        Assert.IsType<RefusalReason.Refused>(error.Reason);
    }

    [Fact]
    public void Fails_WhenServerAcceptsWhatWasNotOffered()
    {
        var unoffered = new HandshakeMessage.AcceptVersion(new(16, (Duplex with { Experimental = true }).DataFor(16).Encode(16)));
        var unknown = new HandshakeMessage.AcceptVersion(new(13, Duplex.DataFor(15).Encode(15)));

        Assert.Equal(
            ProtocolViolation.WrongContent,
            Assert.Throws<ProtocolViolationException>(() => HandshakeNegotiation.Conclude(Duplex, unoffered)).Violation);
        Assert.Throws<CodecException>(() => HandshakeNegotiation.Conclude(Duplex, unknown));
    }

    [Fact]
    public void Fails_WhenServerRepliesToAQueryThatNobodyMade()
    {
        var reply = new HandshakeMessage.QueryReply(Duplex.ToTable());

        Assert.Throws<ProtocolViolationException>(() => HandshakeNegotiation.Conclude(Duplex, reply));
    }

    [Fact]
    public void FailsLocally_WhenSimultaneousOpenHasNoCommonVersion()
    {
        var other = new HandshakeMessage.ProposeVersions(new VersionTable([new(99, new byte[] { 0xf6 })]));

        HandshakeRefusedException error = Assert.Throws<HandshakeRefusedException>(() => HandshakeNegotiation.Conclude(Duplex, other));

        Assert.True(error.IsLocal);
        Assert.IsType<RefusalReason.VersionMismatch>(error.Reason);
    }

    private static IEnumerable<NodeToNodeOffer> AllOffers()
    {
        for (int bits = 0; bits < 32; bits++)
        {
            yield return new NodeToNodeOffer(42)
            {
                InitiatorOnly = (bits & 1) != 0,
                PeerSharing = (bits & 2) != 0,
                Query = (bits & 4) != 0,
                Experimental = (bits & 8) != 0,
                PerasSupport = (bits & 16) != 0,
            };
        }
    }
}
