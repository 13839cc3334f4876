using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.Handshake;

/// <summary>
/// One side of the handshake. Runs on the receive loop itself, so that the mini-protocols of the agreed version are there for the bytes behind it in
/// the same read. Runs no user code.
/// </summary>
internal sealed class HandshakeLane(Multiplexer mux, SduSender half, IHandshakeOffer offer)
    : Lane(mux, HandshakeProtocol.Id, HandshakeProtocol.Name, half, HandshakeProtocol.MaxIngressBytes, (int)HandshakeProtocol.MaxIngressBytes)
{
    /// <summary>How long a query's answer may take to be read before the connection is closed: the reference's 20 s.</summary>
    private static readonly TimeSpan QueryLinger = TimeSpan.FromSeconds(20);

    private byte[]? _message;
    private int _length;
    private HandshakeState _state = HandshakeState.Propose;

    /// <summary>A version was agreed on: the lanes can be opened.</summary>
    public required Action<NegotiatedVersion> Agreed { get; init; }

    /// <summary>The peer answered a query with its versions.</summary>
    public required Action<VersionTable> Answered { get; init; }

    /// <summary>Starts the clock, which node-to-client does not have. Before the bearer starts: an answer must not find the deadline still to be set.</summary>
    public void Await()
    {
        _state = Half == SduSender.Initiator ? HandshakeState.Confirm : HandshakeState.Propose;
        if (offer.Bundle == ProtocolBundle.NodeToNode)
        {
            ExpectMessageBy(Clock.Now + HandshakeProtocol.LimitsIn(_state).MaxWait.Ticks);
        }
    }

    /// <summary>Proposes, where this is the side to do so. Behind the bearer's start.</summary>
    public void Propose()
    {
        if (Half == SduSender.Initiator)
        {
            Send(new HandshakeMessage.ProposeVersions(offer.ToTable()));
        }
    }

    internal override void Receive(ReadOnlySpan<byte> payload, bool last, long arrival)
    {
        _message ??= new byte[HandshakeProtocol.MaxIngressBytes];
        payload.CopyTo(_message.AsSpan(_length));
        _length += payload.Length;
        if (!last)
        {
            return;
        }

        ExpectNothing();
        HandshakeMessage message = HandshakeCodec.Read(_message.AsMemory(0, _length), offer.Bundle);
        _message = null;
        _length = 0;
        _state = HandshakeProtocol.Advance(_state, message.Kind) ?? throw new ProtocolViolationException(
            ProtocolViolation.UnexpectedMessage, Name, _state.ToString(), $"{Name}: the peer sent {message.Kind} in state {_state}");
        if (Half == SduSender.Initiator)
        {
            Conclude(message);
        }
        else
        {
            Answer((HandshakeMessage.ProposeVersions)message);
        }
    }

    protected override void OnMessage(in IngressMessage message) => message.Lease.Release();

    protected override bool OnTurn() => false;

    protected override void OnClosed(NetworkException? cause)
    {
    }

    protected override NetworkException TimedOut()
    {
        TimeSpan limit = HandshakeProtocol.LimitsIn(_state).MaxWait;
        return new ProtocolViolationException(
            ProtocolViolation.Timeout, Name, _state.ToString(), $"{Name}: no message within {limit.TotalSeconds:0.###} s in state {_state}")
        {
            TimeLimit = limit,
        };
    }

    private void Conclude(HandshakeMessage message)
    {
        HandshakeConclusion conclusion = offer.Conclude(message);
        if (conclusion.Version is { } version)
        {
            if (offer.Query)
            {
                // Nothing would end a connection that nobody asked for.
                throw new ProtocolViolationException(
                    ProtocolViolation.UnexpectedMessage, Name, nameof(HandshakeState.Confirm), $"{Name}: the peer answered a query with an acceptance");
            }

            Agreed(version);
        }
        else
        {
            Answered(conclusion.QueryReply!);
            Mux.Close(null);
        }
    }

    private void Answer(HandshakeMessage.ProposeVersions proposal)
    {
        HandshakeAnswer answer = offer.Answer(proposal.Versions);
        _state = HandshakeState.Done;
        Send(answer.Message);
        if (answer.Version is { } version)
        {
            Agreed(version);
        }
        else if (answer.Message is HandshakeMessage.Refuse refusal)
        {
            Mux.CloseAfterDrain(new HandshakeRefusedException(refusal.Reason, isLocal: true), Mux.Options.HandshakeSduTimeout);
        }
        else
        {
            Mux.CloseAfterDrain(null, QueryLinger);
        }
    }

    private void Send(HandshakeMessage message)
    {
        HandshakeCodec.Write(Egress, message);
        Egress.Commit();
        Mux.Muxer.Wake(this);
        if (Mux.IsBearerGone)
        {
            // Behind the end nobody comes for it.
            Egress.Close();
        }
    }
}
