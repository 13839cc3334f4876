using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using Reactive.Network.Cbor;
using Reactive.Network.Protocols;
using Reactive.Network.Recording;

namespace Reactive.Network.Tests.Protocols;

/// <summary>
/// 10,000 messages of each mini-protocol, made by FsCheck and encoded by System.Formats.Cbor: what the codecs read of them and write again, and what they make of them when they come in
/// another encoding, in pieces, cut off, or with a bit turned over. A failure names the seed that replays it.
/// </summary>
public class GeneratedMessageTests
{
    private const int Messages = 10_000;

    public static TheoryData<string> Protocols => [.. MiniProtocolTable.All.Select(table => table.Name)];

    [Theory]
    [MemberData(nameof(Protocols))]
    public void IsWrittenAsTheOracleDoes_WhenItWasRead(string protocol) => ForAll(protocol, (table, kind, message, _) =>
    {
        byte[] expected = message.Encode();

        CapturedMessage read = Read(table, expected);

        Assert.Equal(kind, read.Kind);
        Assert.Equal(Convert.ToHexStringLower(expected), Convert.ToHexStringLower(read.Canonical.Span));
    });

    [Theory]
    [MemberData(nameof(Protocols))]
    public void MeansTheSame_WhenItComesInAnotherLegalEncoding(string protocol) => ForAll(protocol, (table, kind, message, random) =>
    {
        CapturedMessage read = Read(table, message.EncodeOtherwise(random));

        Assert.Equal((kind, Convert.ToHexStringLower(message.Encode())), (read.Kind, Convert.ToHexStringLower(read.Canonical.Span)));
    });

    [Theory]
    [MemberData(nameof(Protocols))]
    public void IsFoundWhole_WhenItComesInPieces(string protocol) => ForAll(protocol, (_, _, message, random) =>
    {
        byte[] bytes = message.EncodeOtherwise(random);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            int second = random.Next(cut, bytes.Length + 1);
            var scanner = new CborItemScanner(bytes.Length);
            OperationStatus status = OperationStatus.NeedMoreData;
            foreach ((int from, int to) in ((int, int)[])[(0, cut), (cut, second), (second, bytes.Length)])
            {
                Assert.True(status == OperationStatus.NeedMoreData || from == bytes.Length);
                status = scanner.Scan(bytes.AsSpan(from..to), out int consumed);
                Assert.True(consumed == to - from || status == OperationStatus.Done);
            }

            Assert.Equal((OperationStatus.Done, bytes.Length), (status, (int)scanner.ScannedBytes));
        }
    });

    [Theory]
    [MemberData(nameof(Protocols))]
    public void IsRefusedTyped_WhenItIsCutOff(string protocol) => ForAll(protocol, (table, _, message, random) =>
    {
        byte[] bytes = message.Encode();

        Assert.Throws<CodecException>(() => Read(table, bytes[..random.Next(bytes.Length)]));
        Assert.Throws<CodecException>(() => Read(table, [.. bytes, 0]));
    });

    [Theory]
    [MemberData(nameof(Protocols))]
    public void IsAnotherMessageOrRefusedTyped_WhenABitIsTurnedOver(string protocol) => ForAll(protocol, (table, _, message, random) =>
    {
        byte[] bytes = message.Encode();
        int bit = random.Next(bytes.Length * 8);
        bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        try
        {
            CapturedMessage read = Read(table, bytes);

            // What was taken for a message stays the same one: written and read again.
            Assert.True(read.MeansTheSameAs(Read(table, read.Canonical.ToArray())), Convert.ToHexStringLower(bytes));
        }
        catch (CodecException)
        {
            // As it should.
        }
    });

    [Fact]
    public void HasEveryMessage_WhenTheTablesAreCompared()
    {
        foreach (MiniProtocolTable table in MiniProtocolTable.All)
        {
            string[] generated = [.. MessageShapes.All[table.Name].Sample(2_000, 50).Select(one => one.Kind).Distinct().Order(StringComparer.Ordinal)];

            Assert.Equal(table.States.SelectMany(state => state.Transitions).Select(one => one.Message).Distinct().Order(StringComparer.Ordinal), generated);
        }
    }

    private static CapturedMessage Read(MiniProtocolTable table, byte[] bytes) =>
        CapturedMessage.Read(table.IsOf(ProtocolBundle.NodeToNode) ? ProtocolBundle.NodeToNode : ProtocolBundle.NodeToClient, table.Id, bytes);

    private static void ForAll(string protocol, Action<MiniProtocolTable, string, Shape, Random> check)
    {
        MiniProtocolTable table = MiniProtocolTable.All.Single(one => one.Name == protocol);
        Gen<((string Kind, Shape Message) One, int Seed)> generated = from one in MessageShapes.All[protocol] from seed in Gen.Choose(0, int.MaxValue) select (one, seed);
        Prop.ForAll(generated.ToArbitrary(), sample => check(table, sample.One.Kind, sample.One.Message, new Random(sample.Seed)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Messages));
    }
}
