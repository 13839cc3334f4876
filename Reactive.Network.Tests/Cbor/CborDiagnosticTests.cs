using System.Text.Json;
using Reactive.Network.Cbor;
using Reactive.Network.Tests.Protocols;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Cbor;

public class CborDiagnosticTests
{
    /// <summary>Examples of RFC 8949, appendix A, and what comes off a wire.</summary>
    [Theory]
    [InlineData("00", "0")]
    [InlineData("1bffffffffffffffff", "18446744073709551615")]
    [InlineData("20", "-1")]
    [InlineData("3bffffffffffffffff", "-18446744073709551616")]
    [InlineData("c249010000000000000000", "2(h'010000000000000000')")]
    [InlineData("fb3ff199999999999a", "1.1")]
    [InlineData("f90001", "5.960464477539063E-08")]
    [InlineData("f4", "false")]
    [InlineData("f5", "true")]
    [InlineData("f6", "null")]
    [InlineData("f7", "undefined")]
    [InlineData("f0", "simple(16)")]
    [InlineData("4401020304", "h'01020304'")]
    [InlineData("6449455446", "\"IETF\"")]
    [InlineData("62225c", "\"\\\"\\\\\"")]
    [InlineData("631b5b6d", "\"\\u001b[m\"")]
    [InlineData("83010203", "[1, 2, 3]")]
    [InlineData("9f018202039f0405ffff", "[_ 1, [2, 3], [_ 4, 5]]")]
    [InlineData("80", "[]")]
    [InlineData("a201020304", "{1: 2, 3: 4}")]
    [InlineData("bf61610161629f0203ffff", "{_ \"a\": 1, \"b\": [_ 2, 3]}")]
    [InlineData("d8184449455446", "24(h'49455446')")]
    public void WritesWhatTheStandardWrites_WhenGivenItsExamples(string hex, string expected) =>
        Assert.Equal(expected, CborDiagnostic.Format(Convert.FromHexString(hex)));

    [Fact]
    public void AgreesWithTheManifest_WhenReasonsAreReal()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(DataFolder.Path("messages", "local-tx-submission-reject-reasons.json")));
        int compared = 0;
        foreach (JsonElement vector in document.RootElement.GetProperty("vectors").EnumerateArray())
        {
            string expected = vector.GetProperty("diagnostic").GetString()!;

            // The manifest cuts long strings, and itself at 700 characters.
            if (expected.Length < 700 && !expected.Contains("bytes)'", StringComparison.Ordinal) && expected.All(c => c is >= ' ' and < (char)127 && c != '\\'))
            {
                Assert.Equal(expected, CborDiagnostic.Format(Convert.FromHexString(vector.GetProperty("hex").GetString()!)));
                compared++;
            }
        }

        Assert.InRange(compared, 100, 185);
    }

    [Fact]
    public void NeverThrowsAnythingElse_WhenBytesAreTornOrDamaged()
    {
        byte[] item = Convert.FromHexString("8a009f01ffa10102d8184401020304f5f6fb3ff199999999999ac24101626162190fff");

        CodecCheck.RefusesTornItems(item, bytes => CborDiagnostic.Format(bytes));
        CodecCheck.SurvivesOneBitDamage(item, bytes => CborDiagnostic.Format(bytes));
        CodecCheck.SurvivesNoise(CodecCheck.Seed(), bytes => CborDiagnostic.Format(bytes));
    }

    [Fact]
    public void CutsWhatIsTooDeep_WhenContainersNest()
    {
        byte[] deep = [.. Enumerable.Repeat((byte)0x81, 500), 0x00];

        Assert.Contains("...", CborDiagnostic.Format(deep), StringComparison.Ordinal);
    }
}
