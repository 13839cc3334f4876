using System.Text.Json;
using System.Text.RegularExpressions;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.LocalTxSubmission;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Protocols.LocalTxSubmission;

public partial class TransactionRejectionTests
{
    [Theory]
    [InlineData("8182068183051a000de7561a00080fd6", "Conway: ConwayTreasuryValueMismatch 911190 528342")]
    [InlineData("8182068282076082038207a0", "Conway: ConwayMempoolFailure \"\"; ConwayGovFailure ExpirationEpochTooSmall {}")]
    [InlineData("818206818201820083051a000b9e821a0002c871", "Conway: ConwayUtxowFailure UtxoFailure FeeTooSmallUTxO 761474 182385")]
    [InlineData("8182068182018108", "Conway: ConwayUtxowFailure InvalidMetadata")]
    [InlineData("81820681820e00", "Conway: [14, 0]")] // a rule that nobody has
    [InlineData("81820681820182181f00", "Conway: ConwayUtxowFailure [31, 0]")] // a rule inside that nobody has
    [InlineData("81820581820100", "Babbage: [1, 0]")]
    [InlineData("8182068100", "Conway: [0]")]
    [InlineData("828201675368656c6c65798200654279726f6e", "meant for Shelley, the ledger is in Byron")]
    [InlineData("820082018163666f6f", "not understood: [0, [1, [\"foo\"]]]")]
    public void SaysInOneLine_WhenReasonIsKnownOrNot(string hex, string expected) =>
        Assert.Equal(expected, new TransactionRejection(Convert.FromHexString(hex)).Text);

    /// <summary>The names in a vector's title are those of the ledger; each must be there, in order. Names of what a failure is about are not looked for.</summary>
    [Fact]
    public void NamesWhatTheTitleNames_WhenReasonsAreReal()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(DataFolder.Path("messages", "local-tx-submission-reject-reasons.json")));
        int count = 0;
        int named = 0;
        foreach (JsonElement vector in document.RootElement.GetProperty("vectors").EnumerateArray())
        {
            byte[] message = Convert.FromHexString(vector.GetProperty("message_hex").GetString()!);
            TransactionRejection rejection = LocalTxSubmissionCodec.Read(message).Rejection!;
            string title = vector.GetProperty("name").GetString()!;

            Assert.Equal(vector.GetProperty("hex").GetString(), Convert.ToHexStringLower(rejection.Raw.Span));
            Assert.Equal(vector.GetProperty("failures").GetInt32(), rejection.Failures.Count);
            Assert.Equal((Era.Conway, null), (rejection.LedgerEra, rejection.Mismatch));
            Assert.Equal(rejection.Text, new TransactionRejection(rejection.Raw.ToArray()).Text);
            Assert.DoesNotContain(rejection.Text, char.IsControl);
            int from = 0;
            foreach (Match name in FailureName().Matches(title))
            {
                int at = rejection.Text.IndexOf(name.Value, from, StringComparison.Ordinal);
                Assert.True(at >= from, $"{title}: {name.Value} is not in {rejection.Text}");
                from = at + 1;
                named++;
            }

            // Every failure begins with a name: none is left as a number.
            Assert.DoesNotMatch(@"(^Conway: |; )\[\d", rejection.Text);
            Assert.Equal(message, CodecCheck.Encode(output => LocalTxSubmissionCodec.Write(output, LocalTxSubmissionMessage.RejectTx(rejection))));
            count++;
        }

        Assert.Equal(185, count);
        Assert.InRange(named, 100, 1000);
    }

    [Fact]
    public void WritesWhatNodesWrite_WhenMade()
    {
        Assert.Equal(
            "828201675368656c6c65798200654279726f6e", Convert.ToHexStringLower(TransactionRejection.WrongEra(Era.Shelley, Era.Byron).Raw.Span));
        Assert.Equal((Era.Shelley, Era.Byron), (TransactionRejection.WrongEra(Era.Shelley, Era.Byron).Mismatch!.Value.Asked, Era.Byron));
        Assert.Equal("81820681820760", Convert.ToHexStringLower(TransactionRejection.ByLedger(Era.Conway, [0x81, 0x82, 0x07, 0x60]).Raw.Span));
        Assert.Throws<CodecException>(() => TransactionRejection.ByLedger(Era.Conway, [0x81]));
    }

    [GeneratedRegex("Conway(?!Spending|Minting|Certifying|Rewarding|Voting|Proposing)[A-Za-z]+|[A-Z][A-Za-z]+(?:UTXOW|UTxO|CERTS|DELEG|POOL)|ExpirationEpochTooSmall|DisallowedProposalDuringBootstrap|VotersDoNotExist|MissingTxBodyMetadataHash|MalformedScriptWitnesses|CertFailure|GovCertFailure|PPViewHashesDontMatch|ExtraRedeemers|NotAllowedSupplementalDatums|InvalidPolicyHash|GovActionsDoNotExist|InsufficientCollateral|VotingOnExpiredGovAction|ConflictingCommitteeUpdate")]
    private static partial Regex FailureName();
}
