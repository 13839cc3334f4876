using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;

namespace Reactive.Network.Tests.Chain;

public class TipCodecTests
{
    private const string Hash = "9b51ccd4f161c08382a445684ff3eb788923608acbea283081fa5ccf663fef8d";

    [Theory]
    [InlineData("828000")]
    [InlineData("82821a0150d7925820" + Hash + "1a0010afaa")]
    public void WritesBackTheSpecBytes_WhenRead(string hex)
    {
        var reader = new CborSpanReader(Convert.FromHexString(hex));
        Tip tip = TipCodec.Read(ref reader);
        reader.ReadEnd();
        var output = new ArrayBufferWriter<byte>();
        var writer = new CborSpanWriter(output);
        TipCodec.Write(ref writer, tip);

        Assert.Equal(hex, Convert.ToHexStringLower(output.WrittenSpan));
        Assert.Equal(hex == "828000" ? Tip.Origin : new Tip(new Point(22_075_282, BlockHash.Parse(Hash)), 1_093_546), tip);
    }

    [Theory]
    [InlineData("80")]
    [InlineData("8180")]
    [InlineData("838000f6")]
    [InlineData("8280")]
    [InlineData("828020")]
    public void Refuses_WhenItIsNoTip(string hex) => Assert.Throws<CodecException>(() =>
    {
        var reader = new CborSpanReader(Convert.FromHexString(hex));
        TipCodec.Read(ref reader);
    });
}
