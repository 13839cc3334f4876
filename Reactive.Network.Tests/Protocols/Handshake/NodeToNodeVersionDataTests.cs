using Reactive.Network.Cbor;
using Reactive.Network.Protocols.Handshake;

namespace Reactive.Network.Tests.Protocols.Handshake;

public class NodeToNodeVersionDataTests
{
    [Theory]
    [InlineData(14, "8401f401f4")]
    [InlineData(15, "841affffffff f5 00 f5")]
    [InlineData(16, "8501f401f4f5")]
    public void ReadsAndWrites_WhenDataFitsItsVersion(int version, string hex)
    {
        byte[] bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

        Assert.Equal(bytes, NodeToNodeVersionData.Decode(version, bytes).Encode(version));
    }

    [Theory]
    [InlineData(14, "8501f401f4f5")] // Peras before 16
    [InlineData(16, "8401f401f4")] // no Peras in 16
    [InlineData(15, "841b0000000100000000f401f4")] // a magic of 33 bits
    [InlineData(15, "8420f401f4")] // a negative magic
    [InlineData(15, "8401f402f4")] // peer sharing 2, as in versions 11 and 12
    [InlineData(15, "8401f4f5f4")] // peer sharing as a boolean
    [InlineData(15, "84010001f4")] // a number as a boolean
    [InlineData(15, "9f01f401f4ff")] // an indefinite array
    [InlineData(15, "8401f401f400")] // more than the item
    [InlineData(15, "01")]
    [InlineData(15, "")]
    [InlineData(13, "8401f401f4")] // a version that is gone
    [InlineData(17, "8501f401f4f5")] // a version to come
    public void Refuses_WhenDataDoesNotFitItsVersion(int version, string hex)
    {
        Assert.Throws<CodecException>(() => NodeToNodeVersionData.Decode(version, Convert.FromHexString(hex)));
    }

    [Fact]
    public void RefusesToEncode_WhenVersionIsNotKnown()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new NodeToNodeVersionData(1, false, false, false).Encode(13));
    }

    [Fact]
    public void ReadsLocalData_WhenVersionIsNodeToClient()
    {
        var data = new NodeToClientVersionData(2, Query: true);

        Assert.Equal("8202f5", Convert.ToHexStringLower(data.Encode()));
        Assert.Equal(data, NodeToClientVersionData.Decode(32_791, data.Encode()));
        Assert.Throws<CodecException>(() => NodeToClientVersionData.Decode(16, data.Encode()));
        Assert.Throws<CodecException>(() => NodeToClientVersionData.Decode(32_791, Convert.FromHexString("8302f500")));
    }
}
