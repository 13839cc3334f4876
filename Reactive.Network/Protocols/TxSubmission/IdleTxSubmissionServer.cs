using System.Buffers.Binary;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.TxSubmission;

/// <summary>
/// The responder of tx-submission in a node without a mempool: takes the peer's <c>Init</c> and never asks for a transaction, which the protocol
/// allows for ever. Without it a full node that treats us as a hot peer would be cut off for naming a mini-protocol we do not run.
/// </summary>
internal sealed class IdleTxSubmissionServer(Multiplexer mux)
    : Lane(mux, NodeToNode.TxSubmission, "tx-submission", SduSender.Responder, MaxIngress, MaxMessageBytes)
{
    private const long MaxIngress = 721_424;
    private const int MaxMessageBytes = 65_535;

    /// <summary><c>[6]</c>, the only message a client may send before it is asked for something.</summary>
    private const ushort Init = 0x8106;

    private bool _initiated;

    protected override void OnMessage(in IngressMessage message)
    {
        ReadOnlySpan<byte> bytes = message.Lease.Span;
        bool isInit = bytes.Length == 2 && BinaryPrimitives.ReadUInt16BigEndian(bytes) == Init;
        message.Lease.Release();
        if (!isInit || _initiated)
        {
            string state = _initiated ? "Idle" : "Init";
            throw new ProtocolViolationException(
                ProtocolViolation.UnexpectedMessage, Name, state, $"{Name}: the peer sent what nobody asked for in state {state}");
        }

        _initiated = true;
    }

    protected override bool OnTurn() => false;

    protected override void OnClosed(NetworkException? cause)
    {
    }

    protected override NetworkException TimedOut() =>
        new ProtocolViolationException(ProtocolViolation.Timeout, Name, "Init", $"{Name}: timed out");
}
