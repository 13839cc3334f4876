using System.Text;
using System.Text.Json;
using global::Rxnet.Commands;
using global::Rxnet.Output;
using global::Rxnet.Querying;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.LocalStateQuery;

namespace Reactive.Network.Tests.Samples.Rxnet;

public class QueryTests
{
    private const string Pool = "e0a714319812c3f773ba04ec5d6b3ffcd5aad85006805b047b082541";
    private const string Id = "3da9a3b38dce0e87ca4a88f3328caac7a970cf9ac40424cde2b675768d11f11b";

    [Theory]
    [InlineData("chain-point", "8103")]
    [InlineData("era-start shelley", "82008301810001")]
    [InlineData("raw 8103", "8103")]
    [InlineData("epoch", "8200820082068101")]
    [InlineData("utxo-of 61" + Pool, "8200820082068206d9010281581d61" + Pool)]
    [InlineData("utxo-at " + Id + "#0", "820082008206820fd9010281825820" + Id + "00")]
    [InlineData("pool-states", "820082008206821380")]
    [InlineData("pool-states " + Pool, "82008200820682138" + "1d9010281581c" + Pool)]
    [InlineData("deposits " + Pool, "820082008206821" + "6d90102818200581c" + Pool)]
    [InlineData("deposits script:" + Pool, "820082008206821" + "6d90102818201581c" + Pool)]
    [InlineData("ledger-peers", "82008200820682182201")]
    [InlineData("ledger-peers all", "82008200820682182200")]
    [InlineData("GetLedgerTip", "8200820082068100")]
    [InlineData("GetCBOR 8101", "820082008206" + "82098101")]
    public void AsksWhatIsNamed_WhenTheEraIsConway(string line, string hex)
    {
        string[] words = line.Split(' ');

        Assert.True(NamedQuery.TryFind(words[0], out NamedQuery query));

        Assert.Equal(hex, Convert.ToHexStringLower(query.Make(Era.Conway, words[1..]).Encode(23).Span));
    }

    [Fact]
    public void AsksByron_WhenItsOnlyQueryIsNamed()
    {
        Assert.True(NamedQuery.TryFind("GetUpdateInterfaceState", out NamedQuery query));

        Assert.Equal("82008200820000", Convert.ToHexStringLower(query.Make(Era.Byron, []).Encode(23).Span));
        Assert.Throws<UsageException>(() => query.Make(Era.Conway, []));
        Assert.All(NamedQuery.All.Where(static one => one is { IsOfEra: true, Min: 0 }).Where(static one => one.Name != "ledger-peers"), static one => Assert.Throws<UsageException>(() => one.Make(Era.Byron, [])));
    }

    [Fact]
    public void EveryQueryOfTheSpecificationHasAName_WhenAsked() =>
        Assert.All(EraQueryShape.All.Keys, static kind => Assert.True(NamedQuery.TryFind(kind.ToString(), out _)));

    [Theory]
    [InlineData("3")]
    [InlineData("getgovstate")]
    [InlineData("GetAll")]
    public void FindsNothing_WhenThereIsNoSuchName(string name) => Assert.False(NamedQuery.TryFind(name, out _));

    /// <summary>The valid strings of BIP 173, and addresses of CIP 19.</summary>
    [Theory]
    [InlineData("A12UEL5L", "a", "")]
    [InlineData("an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs", "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio", "")]
    [InlineData("addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8", "addr", "619493315cd92eb5d8c4304e67b7e16ae36d61d34502694657811a2c8e")]
    [InlineData("stake1uyehkck0lajq8gr28t9uxnuvgcqrc6070x3k9r8048z8y5gh6ffgw", "stake", "e1337b62cfff6403a06a3acbc34f8c46003c69fe79a3628cefa9c47251")]
    public void IsDecoded_WhenItIsBech32(string text, string prefix, string hex)
    {
        Assert.True(Bech32.TryDecode(text, out string found, out byte[] bytes));

        Assert.Equal((prefix, hex), (found, Convert.ToHexStringLower(bytes)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("a1")]
    [InlineData("A12uEL5L")]
    [InlineData("a12uel5m")]
    [InlineData("1qzzfhee")]
    [InlineData("addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl9")]
    [InlineData("addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzbrs66hrl8")]
    public void IsRefused_WhenItIsNotBech32(string text) => Assert.False(Bech32.TryDecode(text, out _, out _));

    [Fact]
    public void ReadsAStakeAddressAsACredential_WhenItIsBech32()
    {
        Credential credential = QueryArguments.Credential("stake1uyehkck0lajq8gr28t9uxnuvgcqrc6070x3k9r8048z8y5gh6ffgw");

        Assert.Equal(new Credential(KeyHash.Parse("337b62cfff6403a06a3acbc34f8c46003c69fe79a3628cefa9c47251")), credential);
    }

    [Theory]
    [InlineData("[2022,298,0]", "system-start", "8319" + "07e619012a00", "2022-10-25T00:00:00Z", "\"2022-10-25T00:00:00Z\"")]
    [InlineData("origin", "block-number", "8100", "origin", "null")]
    [InlineData("number", "block-number", "820107", "7", "7")]
    [InlineData("point", "chain-point", "80", "origin", "{\"slot\":null,\"hash\":null}")]
    [InlineData("era", "current-era", "06", "conway", "\"conway\"")]
    [InlineData("value", "GetGovState", "818101", "[1]", "{\"cbor\":\"8101\"}")]
    [InlineData("account", "account-state", "81820102", "treasury 1 lovelace\nreserves 2 lovelace", "{\"treasury\":1,\"reserves\":2}")]
    [InlineData("outputs", "utxo", "81a1825820" + Id + "0001", Id + "#0 1", "[{\"transaction\":\"" + Id + "\",\"index\":0,\"output\":{\"cbor\":\"01\"}}]")]
    public void IsToldInBothForms_WhenAnswered(string what, string name, string result, string lines, string json)
    {
        Assert.NotEmpty(what);
        Assert.True(NamedQuery.TryFind(name, out NamedQuery query));
        Answer answer = query.Make(Era.Conway, []).Read(Convert.FromHexString(result), 23);
        var plain = new MemoryStream();
        var objects = new MemoryStream();

        new QueryOutput(new StandardOutput(plain), asJson: false).Write(name, answer);
        new QueryOutput(new StandardOutput(objects), asJson: true).Write(name, answer);

        Assert.Equal(lines + "\n", Encoding.UTF8.GetString(plain.ToArray()));
        Assert.Equal($"{{\"event\":\"result\",\"query\":\"{name}\",\"value\":{json}}}\n", Encoding.UTF8.GetString(objects.ToArray()));
        using JsonDocument read = JsonDocument.Parse(objects.ToArray());
        Assert.Equal(name, read.RootElement.GetProperty("query").GetString());
    }
}
