using Reactive.Network.Chain;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.KeepAlive;
using Reactive.Network.Tests.Protocols;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>Messages as bytes, and the numbers that conversations are measured by.</summary>
internal static class Wire
{
    /// <summary>
    /// How long after its deadline a limit may fire under <c>TestScheduler</c>: the timer fires on the tick it is due, or, where it has to be set again
    /// because a deadline was moved, one tick later.
    /// </summary>
    public const int TicksOfDeadline = 2;

    public static byte[] Of(ChainSyncMessage message) => CodecCheck.Encode(output => ChainSyncCodec.Write(output, message));

    public static byte[] Of(BlockFetchMessage message) => CodecCheck.Encode(output => BlockFetchCodec.Write(output, message));

    public static byte[] Of(KeepAliveMessage message) => CodecCheck.Encode(output => KeepAliveCodec.Write(output, message));

    /// <summary>Devnet, versions 14 and 15, no peer sharing, no query.</summary>
    public static byte[] Propose(bool oneWay) => Convert.FromHexString(oneWay ? "8200a20e84182af500f40f84182af500f4" : "8200a20e84182af400f40f84182af400f4");

    /// <summary>Version 15 on devnet.</summary>
    public static byte[] Accept(bool oneWay) => Convert.FromHexString(oneWay ? "83010f84182af500f4" : "83010f84182af400f4");

    public static ChainSyncMessage Forward(Block block, Tip tip) => ChainSyncMessage.RollForward(block.Header, tip);

    public static Tip TipAt(Block block) => new(block.Point, block.BlockNumber);
}
