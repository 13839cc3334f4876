using Reactive.Network.Cbor;
using Reactive.Network.Internal;
using Reactive.Network.Protocols.KeepAlive;

namespace Reactive.Network.Tests.Protocols.KeepAlive;

public class KeepAliveCodecTests
{
    public static TheoryData<string, KeepAliveMessageKind, int> Golden => new()
    {
        { "820000", KeepAliveMessageKind.KeepAlive, 0 },
        { "82001904d2", KeepAliveMessageKind.KeepAlive, 1234 },
        { "82011904d2", KeepAliveMessageKind.Response, 1234 },
        { "820019ffff", KeepAliveMessageKind.KeepAlive, 65_535 },
        { "8102", KeepAliveMessageKind.Done, 0 },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void ReadsAndWritesTheExamplesOfTheSpecification_WhenGiven(string hex, KeepAliveMessageKind kind, int cookie)
    {
        KeepAliveMessage message = Message(kind, (ushort)cookie);

        Assert.Equal(message, Read(hex));
        Assert.Equal(hex, Write(message));
        Assert.Equal(message, KeepAliveCodec.Read(MemoryLease.Unowned(Convert.FromHexString(hex))));
    }

    [Fact]
    public void ReadsLongerIntegers_AndWritesTheShortest_WhenThePeerDoesNot()
    {
        Assert.Equal(KeepAliveMessage.KeepAlive(5), Read("9802180019 0005".Replace(" ", "", StringComparison.Ordinal)));
        Assert.Equal("820005", Write(Read("980218001b0000000000000005")));
    }

    [Theory]
    [InlineData("82001a00010000")] // a cookie of 17 bits
    [InlineData("820020")] // a negative cookie
    [InlineData("9f0000ff")] // an indefinite array
    [InlineData("80")]
    [InlineData("8100")]
    [InlineData("830000 00")]
    [InlineData("8200f6")]
    [InlineData("820300")]
    [InlineData("a10000")]
    public void Refuses_WhenShapeIsWrong(string hex)
    {
        Assert.Throws<CodecException>(() => Read(hex.Replace(" ", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void ReturnsTheSame_WhenAnyMessageIsWrittenAndRead()
    {
        for (int cookie = 0; cookie <= ushort.MaxValue; cookie++)
        {
            foreach (KeepAliveMessageKind kind in (KeepAliveMessageKind[])[KeepAliveMessageKind.KeepAlive, KeepAliveMessageKind.Response])
            {
                KeepAliveMessage message = Message(kind, (ushort)cookie);
                Assert.Equal(message, Read(Write(message)));
            }
        }
    }

    [Fact]
    public void NeverThrowsAnythingElse_WhenBytesAreTornOrDamaged()
    {
        foreach (string hex in (string[])["820019ffff", "82011904d2", "8102", "820000"])
        {
            CodecCheck.RefusesTornItems(Convert.FromHexString(hex), item => KeepAliveCodec.Read(item));
            CodecCheck.SurvivesOneBitDamage(Convert.FromHexString(hex), item => KeepAliveCodec.Read(item));
        }

        CodecCheck.SurvivesNoise(CodecCheck.Seed(), item => KeepAliveCodec.Read(item));
    }

    [Fact]
    public void DecodesToItsMeaningAndBack_WhenVectorConforms()
    {
        int conforming = 0;
        foreach (Vector vector in Vectors.Of("keep-alive"))
        {
            if (!vector.Conforms)
            {
                Assert.Throws<CodecException>(() => KeepAliveCodec.Read(vector.Bytes));
                continue;
            }

            KeepAliveMessage message = KeepAliveCodec.Read(vector.Bytes);
            Assert.Equal(vector.Message, message.Kind == KeepAliveMessageKind.Response ? "MsgKeepAliveResponse" : $"Msg{message.Kind}");
            Assert.Equal(vector.Fields.TryGetProperty("cookie", out var cookie) ? cookie.GetInt32() : 0, message.Cookie);
            Assert.Equal(vector.Hex, Write(message));
            conforming++;
        }

        Assert.Equal(7, conforming);
    }

    [Fact]
    public void AllocatesNothing_WhenReading()
    {
        MemoryLease item = MemoryLease.Unowned(Convert.FromHexString("82001904d2"));
        KeepAliveCodec.Read(item);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 1_000; i++)
        {
            KeepAliveCodec.Read(item);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static KeepAliveMessage Message(KeepAliveMessageKind kind, ushort cookie) => kind switch
    {
        KeepAliveMessageKind.KeepAlive => KeepAliveMessage.KeepAlive(cookie),
        KeepAliveMessageKind.Response => KeepAliveMessage.Response(cookie),
        _ => KeepAliveMessage.Done,
    };

    private static KeepAliveMessage Read(string hex) => KeepAliveCodec.Read(Convert.FromHexString(hex));

    private static string Write(KeepAliveMessage message) => CodecCheck.EncodeHex(output => KeepAliveCodec.Write(output, message));
}
