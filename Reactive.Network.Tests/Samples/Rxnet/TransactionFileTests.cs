using System.Text;
using global::Rxnet.Local;
using Reactive.Network.Chain;

namespace Reactive.Network.Tests.Samples.Rxnet;

public class TransactionFileTests
{
    private const string Hex = "84a300d901028001800200a0f5f6";

    [Theory]
    [InlineData(Hex)]
    [InlineData(Hex + "\n")]
    [InlineData("  84A300D901028001800200A0F5F6\r\n")]
    [InlineData("{\"cborHex\":\"" + Hex + "\"}")]
    public void IsRead_WhenItIsText(string text)
    {
        TransactionFile file = TransactionFile.Parse(Encoding.ASCII.GetBytes(text), "file");

        Assert.Equal(Hex, Convert.ToHexStringLower(file.Bytes.Span));
        Assert.Null(file.Era);
    }

    [Fact]
    public void IsRead_WhenItIsBytes() =>
        Assert.Equal(Hex, Convert.ToHexStringLower(TransactionFile.Parse(Convert.FromHexString(Hex), "file").Bytes.Span));

    [Theory]
    [InlineData("Witnessed Tx ConwayEra", Era.Conway)]
    [InlineData("Tx BabbageEra", Era.Babbage)]
    [InlineData("TxSignedShelley", null)]
    [InlineData("Tx FutureEra", null)]
    public void KnowsTheEra_WhenTheEnvelopeNamesIt(string type, Era? era) =>
        Assert.Equal(era, TransactionFile.Parse(Encoding.ASCII.GetBytes($$"""{"type":"{{type}}","cborHex":"{{Hex}}"}"""), "file").Era);

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("84a3")]
    [InlineData("84a300d901028001800200a0f5")]
    [InlineData("84a300d901028001800200a0f5f6f6")]
    [InlineData("80")]
    [InlineData("8101")]
    [InlineData("a0")]
    [InlineData("8")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"cborHex\":7}")]
    [InlineData("{\"cborHex\":\"xy\"}")]
    public void SaysInOneLineWhy_WhenItIsNone(string text)
    {
        IOException failed = Assert.Throws<IOException>(() => TransactionFile.Parse(Encoding.ASCII.GetBytes(text), "the file"));

        Assert.StartsWith("the file: not a transaction: ", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failed.Message);
    }

    [Fact]
    public void SaysSo_WhenItIsCutOffAnywhere()
    {
        byte[] whole = Convert.FromHexString(Hex);
        for (int length = 0; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];

            Assert.Throws<IOException>(() => TransactionFile.Parse(cut, "file"));
        }
    }
}
