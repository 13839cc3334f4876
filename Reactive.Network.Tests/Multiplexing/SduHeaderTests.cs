using Reactive.Network.Multiplexing;

namespace Reactive.Network.Tests.Multiplexing;

public class SduHeaderTests
{
    /// <summary>The worked SDUs of the reference's wire format.</summary>
    public static TheoryData<string, uint, SduSender, int, int> WorkedHeaders => new()
    {
        { "0001234500080005", 0x00012345, SduSender.Initiator, 8, 5 },
        { "00012ff180080005", 0x00012ff1, SduSender.Responder, 8, 5 },
        { "000f424000020006", 1_000_000, SduSender.Initiator, 2, 6 },
        { "000f7c0180020002", 0x000f7c01, SduSender.Responder, 2, 2 },
        { "0000001000000017", 16, SduSender.Initiator, 0, 23 },
        { "00000e278000000c", 0x00000e27, SduSender.Responder, 0, 12 },
        { "7fffffff000a0003", int.MaxValue, SduSender.Initiator, 10, 3 },
        { "ffffffff80030004", uint.MaxValue, SduSender.Responder, 3, 4 },
        { "0000000080033000", 0, SduSender.Responder, 3, 12_288 },
        { "0000000080031e20", 0, SduSender.Responder, 3, 7_712 },
        { "00000000ffffffff", 0, SduSender.Responder, 0x7fff, 65_535 },
        { "0000000000000000", 0, SduSender.Initiator, 0, 0 },
    };

    [Theory]
    [MemberData(nameof(WorkedHeaders))]
    public void ReadsWorkedHeader(string hex, uint timestamp, SduSender sender, int protocol, int length)
    {
        SduHeader header = SduHeader.Read(Convert.FromHexString(hex));

        Assert.Equal(new SduHeader(timestamp, sender, new MiniProtocolId((ushort)protocol), length), header);
    }

    [Theory]
    [MemberData(nameof(WorkedHeaders))]
    public void WritesWorkedHeader(string hex, uint timestamp, SduSender sender, int protocol, int length)
    {
        byte[] bytes = new byte[SduHeader.Size];

        new SduHeader(timestamp, sender, new MiniProtocolId((ushort)protocol), length).Write(bytes);

        Assert.Equal(hex, Convert.ToHexStringLower(bytes));
    }
}
