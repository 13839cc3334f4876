using System.Buffers.Binary;
using System.Text;
using Reactive.Network.Bearers;
using Reactive.Network.Cbor;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>
/// Whatever a peer sends, the connection ends with the cause that names it, nothing stays behind, and no other connection notices. A time limit fires
/// not before its deadline and within <see cref="Slack"/> after it.
/// </summary>
public class HostileInputTests
{
    private const int ChainSync = 2;
    private const int BlockFetch = 3;
    private const int TxSubmission = 4;
    private const int KeepAlive = 8;
    private const int PeerSharing = 10;

    /// <summary>Two turns: one of the bearer in which the clock started, one of the timer.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromTicks(2);

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    // Before the handshake is over.

    [Fact]
    public void EndsWithHandshakeExpected_WhenFirstBytesAreGarbage()
    {
        Encounter encounter = Encounter.Accepting();

        encounter.Peer.Send(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: relay\r\n\r\n"));
        encounter.Settle();

        MuxException cause = encounter.ShouldHaveEnded<MuxException>();
        Assert.Equal(MuxFailure.HandshakeExpected, cause.Failure);
        Assert.Equal(new MiniProtocolId(0x2f20), cause.Protocol);
        Assert.Equal(SduSender.Initiator, cause.Sender);
        Assert.Equal(5_760, cause.ByteLimit);
        Assert.Equal(Fault.Remote, cause.Fault);
    }

    [Theory]
    [InlineData(ChainSync)]
    [InlineData(KeepAlive)]
    [InlineData(31)]
    public void EndsWithHandshakeExpected_WhenAnotherProtocolSpeaksFirst(int protocol)
    {
        Encounter encounter = Encounter.Accepting();

        encounter.Peer.SendSdu(protocol, SduSender.Initiator, "8100");
        encounter.Settle();

        MuxException cause = encounter.ShouldHaveEnded<MuxException>();
        Assert.Equal(MuxFailure.HandshakeExpected, cause.Failure);
        Assert.Equal(protocol, cause.Protocol!.Value.Value);
    }

    [Fact]
    public void EndsWithHandshakeExpected_WhenServerSpeaksAnotherProtocolFirst()
    {
        Encounter encounter = Encounter.Connecting();

        encounter.Peer.SendSdu(KeepAlive, SduSender.Responder, "82010000");
        encounter.Settle();

        Assert.Equal(MuxFailure.HandshakeExpected, encounter.ShouldHaveEnded<MuxException>().Failure);
    }

    [Fact]
    public void EndsWithHandshakeExpected_WhenProposalIsTooLong()
    {
        Encounter encounter = Encounter.Accepting();

        encounter.Peer.SendSdu(0, SduSender.Initiator, new byte[5_761]);
        encounter.Settle();

        MuxException cause = encounter.ShouldHaveEnded<MuxException>();
        Assert.Equal(MuxFailure.HandshakeExpected, cause.Failure);
        Assert.Equal(5_760, cause.ByteLimit);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(16)]
    public void EndsWithCodecException_WhenProposalIsSplitOverTwoSdus(int split)
    {
        Encounter encounter = Encounter.Accepting();
        byte[] proposal = BytePeer.Proposal();

        encounter.Peer.SendSdu(0, SduSender.Initiator, proposal.AsSpan(0, split));
        encounter.Peer.SendSdu(0, SduSender.Initiator, proposal.AsSpan(split));
        encounter.Settle();

        Assert.Equal(Fault.Remote, encounter.ShouldHaveEnded<CodecException>().Fault);
    }

    [Fact]
    public void EndsWithCodecException_WhenAnswerIsSplitOverTwoSdus()
    {
        Encounter encounter = Encounter.Connecting();

        encounter.Peer.SendSdu(0, SduSender.Responder, BytePeer.Acceptance.AsSpan(0, 4));
        encounter.Peer.SendSdu(0, SduSender.Responder, BytePeer.Acceptance.AsSpan(4));
        encounter.Settle();

        encounter.ShouldHaveEnded<CodecException>();
    }

    [Fact]
    public void EndsWithCodecException_WhenTwoHandshakeMessagesShareAnSdu()
    {
        Encounter encounter = Encounter.Accepting();

        encounter.Peer.SendSdu(0, SduSender.Initiator, [.. BytePeer.Proposal(), .. BytePeer.Proposal()]);
        encounter.Settle();

        encounter.ShouldHaveEnded<CodecException>();
    }

    [Fact]
    public void EndsWithTimeout_WhenHandshakeNeverComes()
    {
        Encounter encounter = Encounter.Accepting();

        ShouldEndAt(encounter, TimeSpan.FromSeconds(10));

        ProtocolViolationException cause = encounter.ShouldHaveEnded<ProtocolViolationException>();
        Assert.Equal(ProtocolViolation.Timeout, cause.Violation);
        Assert.Equal("handshake", cause.Protocol);
        Assert.Equal(TimeSpan.FromSeconds(10), cause.TimeLimit);
    }

    [Fact]
    public void EndsWithTimeout_WhenServerNeverAnswersTheHandshake()
    {
        Encounter encounter = Encounter.Connecting();

        ShouldEndAt(encounter, TimeSpan.FromSeconds(10));

        Assert.Equal(ProtocolViolation.Timeout, encounter.ShouldHaveEnded<ProtocolViolationException>().Violation);
    }

    [Fact]
    public void EndsWithSduReadTimeout_WhenSduOfTheHandshakeStaysIncomplete()
    {
        // The limit of an SDU, 10 s, cannot be told from that of the handshake itself: it takes a shorter one.
        Encounter encounter = Encounter.Accepting(o => o with { Mux = o.Mux with { HandshakeSduTimeout = TimeSpan.FromSeconds(4) } });
        encounter.Run(Second);
        encounter.Peer.Send(BytePeer.Sdu(0, SduSender.Initiator, BytePeer.Proposal()).AsSpan(0, 12));

        ShouldEndAt(encounter, TimeSpan.FromSeconds(5));

        MuxException cause = encounter.ShouldHaveEnded<MuxException>();
        Assert.Equal(MuxFailure.SduReadTimeout, cause.Failure);
        Assert.Equal(TimeSpan.FromSeconds(4), cause.TimeLimit);
    }

    // SDUs.

    [Fact]
    public void EndsWithEmptySdu_WhenAnSduHasNoPayload()
    {
        Encounter encounter = Encounter.Accepted();

        encounter.Peer.SendSdu(KeepAlive, SduSender.Initiator, []);
        encounter.Settle();

        MuxException cause = encounter.ShouldHaveEnded<MuxException>();
        Assert.Equal(MuxFailure.EmptySdu, cause.Failure);
        Assert.Equal(KeepAlive, cause.Protocol!.Value.Value);
        Assert.Equal(SduSender.Initiator, cause.Sender);
    }

    [Fact]
    public void EndsWithEmptySdu_WhenTheFirstSduHasNoPayload()
    {
        Encounter encounter = Encounter.Accepting();

        encounter.Peer.SendSdu(0, SduSender.Initiator, []);
        encounter.Settle();

        Assert.Equal(MuxFailure.EmptySdu, encounter.ShouldHaveEnded<MuxException>().Failure);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(PeerSharing)]
    [InlineData(16)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(0x7fff)]
    public void EndsWithUnknownProtocol_WhenProtocolWasNotNegotiated(int protocol)
    {
        Encounter encounter = Encounter.Accepted();

        encounter.Peer.SendSdu(protocol, SduSender.Initiator, "8100");
        encounter.Settle();

        MuxException cause = encounter.ShouldHaveEnded<MuxException>();
        Assert.Equal(MuxFailure.UnknownProtocol, cause.Failure);
        Assert.Equal(protocol, cause.Protocol!.Value.Value);
    }

    [Fact]
    public void EndsWithWrongDirection_WhenAResponderSpeaksOnAOneWayConnection()
    {
        Encounter encounter = Encounter.Accepted(initiatorOnly: true);

        encounter.Peer.SendSdu(ChainSync, SduSender.Responder, "8101");
        encounter.Settle();

        MuxException cause = encounter.ShouldHaveEnded<MuxException>();
        Assert.Equal(MuxFailure.WrongDirection, cause.Failure);
        Assert.Equal(ChainSync, cause.Protocol!.Value.Value);
        Assert.Equal(SduSender.Responder, cause.Sender);
    }

    [Fact]
    public void EndsWithWrongDirection_WhenAServerAsksAOneWayClient()
    {
        Encounter encounter = Encounter.Connecting(o => o with { Serve = null });
        encounter.Peer.SendSdu(0, SduSender.Responder, "83010f84182af500f4");
        encounter.Settle();

        encounter.Peer.SendSdu(KeepAlive, SduSender.Initiator, "82000000");
        encounter.Settle();

        Assert.Equal(MuxFailure.WrongDirection, encounter.ShouldHaveEnded<MuxException>().Failure);
    }

    [Fact]
    public void EndsWithSduReadTimeout_WhenAnSduStaysIncomplete()
    {
        Encounter encounter = Asked();
        encounter.Run(Second - encounter.Now());
        encounter.Peer.Send(BytePeer.Sdu(ChainSync, SduSender.Initiator, Convert.FromHexString("8100")).AsSpan(0, 9));

        ShouldEndAt(encounter, TimeSpan.FromSeconds(31));

        MuxException cause = encounter.ShouldHaveEnded<MuxException>();
        Assert.Equal(MuxFailure.SduReadTimeout, cause.Failure);
        Assert.Equal(TimeSpan.FromSeconds(30), cause.TimeLimit);
        Assert.Equal(Fault.Remote, cause.Fault);
    }

    [Fact]
    public void EndsWithSduReadTimeout_WhenAnSduTricklesIn()
    {
        Encounter encounter = Asked();
        encounter.Run(Second - encounter.Now());
        byte[] sdu = BytePeer.Sdu(ChainSync, SduSender.Initiator, [0x82, 0x04, 0x9f, .. Enumerable.Repeat((byte)0x80, 97)]);
        for (int sent = 0; sent < 29; sent++)
        {
            encounter.Peer.Send(sdu[sent]);
            encounter.Run(Second);
        }

        ShouldEndAt(encounter, TimeSpan.FromSeconds(31));

        Assert.Equal(MuxFailure.SduReadTimeout, encounter.ShouldHaveEnded<MuxException>().Failure);
    }

    [Fact]
    public void AnswersAsEver_WhenEveryByteHasItsOwnSdu()
    {
        Encounter encounter = Encounter.Accepted(maxChunk: 1);

        foreach (byte value in Convert.FromHexString("820019abcd"))
        {
            encounter.Peer.SendSdu(KeepAlive, SduSender.Initiator, value);
        }

        encounter.Settle();

        Assert.False(encounter.HasEnded);
        (SduHeader header, byte[] payload) = encounter.Peer.Sdus[^1];
        Assert.Equal((KeepAlive, SduSender.Responder), (header.Protocol.Value, header.Sender));
        Assert.Equal("820119abcd", Convert.ToHexStringLower(payload));
    }

    [Fact]
    public void TakesTheLongestSdu_WhenItsBytesAreLegal()
    {
        Encounter encounter = Encounter.Accepted();
        byte[] requests = new byte[65_534];
        for (int i = 0; i < requests.Length; i += 2)
        {
            BinaryPrimitives.WriteUInt16BigEndian(requests.AsSpan(i), 0x8100);
        }

        encounter.Peer.SendSdu(ChainSync, SduSender.Initiator, [.. requests, 0x81]);
        encounter.Settle();

        Assert.False(encounter.HasEnded);
    }

    // Messages.

    [Fact]
    public void EndsWithCodecException_WhenALengthOf2To60IsClaimed()
    {
        Encounter encounter = Encounter.Accepted();
        long peak = encounter.Pool.PeakBytes;
        long allocated = GC.GetAllocatedBytesForCurrentThread();

        encounter.Peer.SendSdu(ChainSync, SduSender.Initiator, "8204" + "9b1000000000000000");
        encounter.Settle();

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 1_000_000);
        Assert.InRange(encounter.Pool.PeakBytes - peak, 0, 200_000);
        Assert.Contains("TooLong", encounter.ShouldHaveEnded<CodecException>().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void HoldsWhatHasCome_WhenTheLongestBlockIsClaimedAndNothingFollows()
    {
        Encounter encounter = Encounter.Connected();
        long peak = encounter.Pool.PeakBytes;

        encounter.Peer.SendSdu(BlockFetch, SduSender.Responder, "8204" + "d818" + "5a00200000");
        encounter.Settle();

        Assert.InRange(encounter.Pool.PeakBytes - peak, 0, 2 * 131_072);
        Assert.False(encounter.HasEnded);
        encounter.Connection.Dispose();
        encounter.ShouldHaveEndedByAgreement();
    }

    [Fact]
    public void EndsWithCodecException_WhenArraysNest100000Deep()
    {
        Encounter encounter = Encounter.Accepted();
        byte[] nested = new byte[50_000];
        nested.AsSpan().Fill(0x81);

        encounter.Peer.SendSdu(BlockFetch, SduSender.Initiator, nested);
        encounter.Peer.SendSdu(BlockFetch, SduSender.Initiator, nested);
        encounter.Settle();

        Assert.Contains("TooDeep", encounter.ShouldHaveEnded<CodecException>().Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ff")]
    [InlineData("1c")]
    [InlineData("00")]
    [InlineData("8109")]
    [InlineData("820000")]
    [InlineData("a0")]
    public void EndsWithCodecException_WhenAMessageIsNoneOfTheProtocol(string message)
    {
        Encounter encounter = Encounter.Accepted();

        encounter.Peer.SendSdu(ChainSync, SduSender.Initiator, message);
        encounter.Settle();

        encounter.ShouldHaveEnded<CodecException>();
    }

    [Fact]
    public void EndsWithMessageTooLong_WhenARequestOutgrowsTheLimitOfItsState()
    {
        Encounter encounter = Encounter.Accepted();

        // A request of 80,000 bytes would be legal to the scanner: a block may have 2.5 MB.
        encounter.Peer.SendSdu(BlockFetch, SduSender.Initiator, [0x83, 0x00, 0x5a, 0x00, 0x01, 0x38, 0x80, .. new byte[65_000]]);
        encounter.Settle();
        Assert.False(encounter.HasEnded);
        encounter.Peer.SendSdu(BlockFetch, SduSender.Initiator, new byte[1_000]);
        encounter.Settle();

        ProtocolViolationException cause = encounter.ShouldHaveEnded<ProtocolViolationException>();
        Assert.Equal(ProtocolViolation.MessageTooLong, cause.Violation);
        Assert.Equal("block-fetch", cause.Protocol);
        Assert.Equal("Idle", cause.State);
        Assert.Equal(65_535, cause.ByteLimit);
    }

    [Theory]
    [InlineData(ChainSync, "8101", "chain-sync")]
    [InlineData(KeepAlive, "820100", "keep-alive")]
    [InlineData(BlockFetch, "8103", "block-fetch")]
    [InlineData(TxSubmission, "8104", "tx-submission")]
    public void EndsWithUnexpectedMessage_WhenAClientSendsWhatServersSend(int protocol, string message, string name)
    {
        Encounter encounter = Encounter.Accepted();

        encounter.Peer.SendSdu(protocol, SduSender.Initiator, message);
        encounter.Settle();

        ProtocolViolationException cause = encounter.ShouldHaveEnded<ProtocolViolationException>();
        Assert.Equal(ProtocolViolation.UnexpectedMessage, cause.Violation);
        Assert.Equal(name, cause.Protocol);
        Assert.Equal(Fault.Remote, cause.Fault);
    }

    [Theory]
    [InlineData(ChainSync, "8101", "Idle")]
    [InlineData(BlockFetch, "8102", "Idle")]
    public void EndsWithUnexpectedMessage_WhenAServerAnswersWhatNobodyAsked(int protocol, string message, string state)
    {
        Encounter encounter = Encounter.Connected();

        encounter.Peer.SendSdu(protocol, SduSender.Responder, message);
        encounter.Settle();

        ProtocolViolationException cause = encounter.ShouldHaveEnded<ProtocolViolationException>();
        Assert.Equal(ProtocolViolation.UnexpectedMessage, cause.Violation);
        Assert.Equal(state, cause.State);
    }

    [Fact]
    public void EndsWithWrongContent_WhenAPongCarriesAnotherCookie()
    {
        Encounter encounter = Encounter.Connected();
        (_, byte[] ping) = encounter.Peer.Sdus.Last(sdu => sdu.Header.Protocol.Value == KeepAlive);
        ushort cookie = ping.Length == 5 ? BinaryPrimitives.ReadUInt16BigEndian(ping.AsSpan(3)) : ping[^1];
        byte[] pong = [0x82, 0x01, 0x19, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(pong.AsSpan(3), (ushort)(cookie ^ 0x4000));

        encounter.Peer.SendSdu(KeepAlive, SduSender.Responder, pong);
        encounter.Settle();

        Assert.Equal(ProtocolViolation.WrongContent, encounter.ShouldHaveEnded<ProtocolViolationException>().Violation);
    }

    // Budgets.

    [Fact]
    public void EndsWithIngressOverrun_WhenASduIsLongerThanTheBudget()
    {
        Encounter encounter = Encounter.Accepted();

        encounter.Peer.SendSdu(KeepAlive, SduSender.Initiator, new byte[1_409]);
        encounter.Settle();

        MuxException cause = encounter.ShouldHaveEnded<MuxException>();
        Assert.Equal(MuxFailure.IngressOverrun, cause.Failure);
        Assert.Equal(KeepAlive, cause.Protocol!.Value.Value);
        Assert.Equal(SduSender.Initiator, cause.Sender);
        Assert.Equal(1_408, cause.ByteLimit);
    }

    [Theory]
    [InlineData(ChainSync, 462_000)]
    [InlineData(BlockFetch, 23_068_694)]
    public void EndsWithIngressOverrun_WhenMoreThanTheBudgetWaits(int protocol, int budget)
    {
        // Nobody answers, so requests wait as bytes. Done is the shortest message of block-fetch.
        Encounter encounter = Encounter.Accepted(o => o with
        {
            Mux = o.Mux with { InboundIdleTimeout = Timeout.InfiniteTimeSpan },
        });
        encounter.Connection.Serve(null);
        byte[] requests = new byte[60_000];
        for (int i = 0; i < requests.Length; i += 2)
        {
            BinaryPrimitives.WriteUInt16BigEndian(requests.AsSpan(i), (ushort)(protocol == ChainSync ? 0x8100 : 0x8101));
        }

        for (int left = budget; left > 0;)
        {
            int count = Math.Min(left, requests.Length);
            encounter.Peer.SendSdu(protocol, SduSender.Initiator, requests.AsSpan(0, count));
            encounter.Settle();
            left -= count;
        }

        // Equal to the budget is allowed.
        Assert.False(encounter.HasEnded);
        Assert.InRange(encounter.Pool.PeakBytes, budget, budget + 2_000_000);
        encounter.Peer.SendSdu(protocol, SduSender.Initiator, 0x81);
        encounter.Settle();

        MuxException cause = encounter.ShouldHaveEnded<MuxException>();
        Assert.Equal(MuxFailure.IngressOverrun, cause.Failure);
        Assert.Equal(protocol, cause.Protocol!.Value.Value);
        Assert.Equal(budget, cause.ByteLimit);
    }

    // Time.

    [Fact]
    public void EndsWithIdleTimeout_WhenNothingIsRun()
    {
        Encounter encounter = Encounter.Accepting();
        encounter.Peer.Propose();

        ShouldEndAt(encounter, TimeSpan.FromSeconds(5));

        MuxException cause = encounter.ShouldHaveEnded<MuxException>();
        Assert.Equal(MuxFailure.IdleTimeout, cause.Failure);
        Assert.Equal(TimeSpan.FromSeconds(5), cause.TimeLimit);
    }

    [Fact]
    public void EndsAtTheLimitOfTheState_WhenAMessageTricklesInThroughOneByteSdus()
    {
        // Each piece is an SDU that is whole, so that no time limit of SDUs helps, and none may start the clock of the state again.
        Encounter encounter = Encounter.Accepted();
        encounter.Run(Second - encounter.Now());
        encounter.Peer.SendSdu(KeepAlive, SduSender.Initiator, "820001");
        encounter.Settle();
        encounter.Run(TimeSpan.FromSeconds(60) - encounter.Now());
        encounter.Peer.SendSdu(KeepAlive, SduSender.Initiator, 0x82);
        encounter.Run(TimeSpan.FromSeconds(30));
        encounter.Peer.SendSdu(KeepAlive, SduSender.Initiator, 0x00);

        ShouldEndAt(encounter, TimeSpan.FromSeconds(1 + 97));

        ProtocolViolationException cause = encounter.ShouldHaveEnded<ProtocolViolationException>();
        Assert.Equal(ProtocolViolation.Timeout, cause.Violation);
        Assert.Equal("keep-alive", cause.Protocol);
        Assert.Equal("Client", cause.State);
        Assert.Equal(TimeSpan.FromSeconds(97), cause.TimeLimit);
    }

    [Fact]
    public void EndsWithSduWriteTimeout_WhenThePeerNeverReads()
    {
        Encounter encounter = Encounter.Accepted();
        encounter.Run(Second - encounter.Now());
        encounter.Bearer.Stall();
        encounter.Peer.SendSdu(KeepAlive, SduSender.Initiator, "820001");

        // One SDU is one time limit.
        ShouldEndAt(encounter, TimeSpan.FromSeconds(31));

        MuxException cause = encounter.ShouldHaveEnded<MuxException>();
        Assert.Equal(MuxFailure.SduWriteTimeout, cause.Failure);
        Assert.Equal(TimeSpan.FromSeconds(30), cause.TimeLimit);
        Assert.Equal(Fault.Transport, cause.Fault);
    }

    [Fact]
    public void EndsAfterTheTimeOfFourSdus_WhenABatchOfFourIsNeverTaken()
    {
        Encounter encounter = Encounter.Accepted(o => o with
        {
            Mux = o.Mux with { SduBytes = 10, SduTimeout = TimeSpan.FromSeconds(5) },
        });
        encounter.Run(Second - encounter.Now());
        encounter.Bearer.Stall();

        // Seven answers of 5 bytes each, which one turn gives.
        encounter.Peer.SendSdu(KeepAlive, SduSender.Initiator, "8200198001820019800282001980038200198004820019800582001980068200198007");
        encounter.Run(TimeSpan.FromTicks(10));

        Assert.Equal((4 * SduHeader.Size) + 35, encounter.Bearer.HeldBytes);
        ShouldEndAt(encounter, TimeSpan.FromSeconds(1 + (4 * 5)));
        MuxException cause = encounter.ShouldHaveEnded<MuxException>();
        Assert.Equal(MuxFailure.SduWriteTimeout, cause.Failure);
        Assert.Equal(TimeSpan.FromSeconds(5), cause.TimeLimit);
    }

    [Fact]
    public void HoldsOneSmallBatch_WhenThePeerDoesNotReadAPong()
    {
        Encounter encounter = Encounter.Accepted();
        encounter.Bearer.Stall();

        encounter.Peer.SendSdu(KeepAlive, SduSender.Initiator, "820001");
        encounter.Settle();

        Assert.NotEqual(0, encounter.Bearer.HeldBytes);
        Assert.InRange(encounter.Pool.OutstandingBytes, 1, 16_384);
        encounter.Connection.Dispose();
        encounter.ShouldHaveEndedByAgreement();
    }

    // Ends.

    [Fact]
    public void EndsWithEndOfStream_WhenThePeerClosesInsideAnSdu()
    {
        Encounter encounter = Asked();

        encounter.Peer.Send(BytePeer.Sdu(ChainSync, SduSender.Initiator, "\u0081"u8).AsSpan(0, 5));
        encounter.Peer.Close();
        encounter.Run(TimeSpan.FromTicks(10));

        Assert.True(encounter.HasEnded, "an end inside an SDU is no end that could be waited for");
        BearerException cause = encounter.ShouldHaveEnded<BearerException>();
        Assert.Equal(BearerFailure.EndOfStream, cause.Kind);
        Assert.Equal(Fault.Transport, cause.Fault);
    }

    [Fact]
    public void EndsWithEndOfStream_WhenThePeerClosesInTheMiddleOfAMessage()
    {
        Encounter encounter = Encounter.Accepted();

        encounter.Peer.SendSdu(ChainSync, SduSender.Initiator, 0x82);
        encounter.Peer.Close();
        encounter.Settle();

        Assert.Equal(BearerFailure.EndOfStream, encounter.ShouldHaveEnded<BearerException>().Kind);
    }

    [Fact]
    public void EndsByAgreement_WhenThePeerSaysDoneAndClosesAtOnce()
    {
        // The lanes' last messages still wait on their strands when the end of the stream is read.
        Encounter encounter = Asked();

        encounter.Peer.SendSdu(ChainSync, SduSender.Initiator, "8107");
        encounter.Peer.Close();
        encounter.Settle();

        encounter.ShouldHaveEndedByAgreement();
    }

    [Fact]
    public void EndsAfterTheGrace_WhenALaneCannotLookAtWhatCameBeforeTheEnd()
    {
        Encounter encounter = Encounter.Accepted();
        encounter.Connection.Serve(null);
        encounter.Peer.SendSdu(ChainSync, SduSender.Initiator, "8100");
        encounter.Run(Second - encounter.Now());
        encounter.Peer.Close();

        ShouldEndAt(encounter, TimeSpan.FromSeconds(2));

        Assert.Equal(BearerFailure.EndOfStream, encounter.ShouldHaveEnded<BearerException>().Kind);
    }

    [Fact]
    public void EndsWithReset_WhenThePeerAborts()
    {
        Encounter encounter = Asked();

        encounter.Peer.Abort();
        encounter.Settle();

        Assert.Equal(BearerFailure.Reset, encounter.ShouldHaveEnded<BearerException>().Kind);
    }

    [Fact]
    public async Task IsSilent_WhenWeStopAndThePeerClosesMeanwhile()
    {
        Encounter encounter = Encounter.Connected();

        ValueTask stopped = encounter.Connection.DisposeAsync();
        encounter.Peer.Close();
        encounter.Settle();

        await stopped;
        encounter.ShouldHaveEndedByAgreement();
    }

    [Fact]
    public async Task GivesEverythingBack_WhenThePeerNeitherReadsNorClosesDuringTheDrain()
    {
        Encounter encounter = Asked();
        encounter.Bearer.Stall();
        encounter.Peer.SendSdu(KeepAlive, SduSender.Initiator, "820001");
        encounter.Settle();

        ValueTask stopped = encounter.Connection.DisposeAsync();
        encounter.Run(TimeSpan.FromSeconds(3));

        await stopped;
        encounter.ShouldHaveEndedByAgreement();
    }

    /// <summary>An accepted connection that is in use: the peer follows the chain.</summary>
    private static Encounter Asked()
    {
        Encounter encounter = Encounter.Accepted();
        encounter.Peer.SendSdu(ChainSync, SduSender.Initiator, "82049f80ff");
        encounter.Settle();
        Assert.False(encounter.HasEnded);
        Assert.Equal(ChainSync, encounter.Peer.Sdus[^1].Header.Protocol.Value);
        return encounter;
    }

    private static void ShouldEndAt(Encounter encounter, TimeSpan deadline)
    {
        TimeSpan tick = TimeSpan.FromTicks(1);
        encounter.Run(deadline - tick - encounter.Now());
        Assert.False(encounter.HasEnded, $"ended before its time: {(encounter.HasEnded ? encounter.Cause?.Message : null)}");
        encounter.Run(tick + Slack);
        Assert.True(encounter.HasEnded, "did not end in time");
    }
}
