using Reactive.Network.Cbor;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;

namespace Reactive.Network.Recording;

/// <summary>Puts the SDUs of one recorded connection together to messages.</summary>
/// <remarks>One thread at a time. Holds, for each lane, the message that is not whole yet: at most <see cref="MaxMessageBytes"/>, behind which the lane is told as bytes.</remarks>
public sealed class CapturedConversation
{
    private readonly Dictionary<(CaptureSide, MiniProtocolId, SduSender), ItemCutter> _lanes = [];
    private bool _begun;

    /// <summary>The longest message that is put together.</summary>
    public const long MaxMessageBytes = 64 * 1024 * 1024;

    /// <summary>Whose mini-protocols these are, as far as the first SDU tells: its numbers, or the versions of the handshake.</summary>
    public ProtocolBundle Bundle { get; private set; }

    /// <summary>The messages that the next SDU makes whole, in order.</summary>
    /// <param name="sdu">The SDU behind that of the last call.</param>
    public IReadOnlyList<Said> Take(CaptureRecord.Sdu sdu)
    {
        ArgumentNullException.ThrowIfNull(sdu);
        if (!_begun)
        {
            _begun = true;
            Bundle = FirstSdu.Read(sdu).Bundle;
        }

        if (!_lanes.TryGetValue((sdu.Sender, sdu.Header.Protocol, sdu.Header.Sender), out ItemCutter? cutter))
        {
            _lanes[(sdu.Sender, sdu.Header.Protocol, sdu.Header.Sender)] = cutter = new ItemCutter(MaxMessageBytes);
        }

        var said = new List<Said>();
        ReadOnlySpan<byte> left = sdu.Payload.Span;
        while (!left.IsEmpty && !cutter.IsBroken)
        {
            if (cutter.TryTake(ref left, out _, out byte[] item))
            {
                said.Add(Read(sdu.Header.Protocol, item));
            }
        }

        if (!left.IsEmpty || cutter.IsBroken)
        {
            said.Add(new Said(NameOf(sdu.Header.Protocol), "?", $"not CBOR ({cutter.Defect}): {Convert.ToHexStringLower(sdu.Payload.Span)}", sdu.Payload.Length));
        }

        return said;
    }

    private Said Read(MiniProtocolId protocol, byte[] item)
    {
        try
        {
            CapturedMessage message = CapturedMessage.Read(Bundle, protocol, item);
            return new Said(NameOf(protocol), message.Kind, message.ToString(), item.Length);
        }
        catch (CodecException error)
        {
            return new Said(NameOf(protocol), "?", $"no message ({error.Message}): {CborDiagnostic.Format(item)}", item.Length);
        }
    }

    private string NameOf(MiniProtocolId protocol) => MiniProtocolTable.Find(Bundle, protocol)?.Name ?? $"mini-protocol {protocol}";

    /// <summary>A message.</summary>
    /// <param name="Protocol">The name of its mini-protocol, or its number where that is not known.</param>
    /// <param name="Kind">Which message, as the table of the mini-protocol names it; <c>?</c> where it is none.</param>
    /// <param name="Text">Kind and content in diagnostic notation.</param>
    /// <param name="Bytes">Its length on the wire.</param>
    public readonly record struct Said(string Protocol, string Kind, string Text, int Bytes);
}
