using Reactive.Network.Multiplexing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Multiplexing;

public class DemuxerTests
{
    private static readonly byte[] ThreeSdus =
    [
        .. BytePeer.Sdu(2, SduSender.Initiator, Convert.FromHexString("810081008100")),
        .. BytePeer.Sdu(8, SduSender.Responder, Convert.FromHexString("82")),
        .. BytePeer.Sdu(3, SduSender.Responder, Convert.FromHexString("81028105")),
    ];

    private static readonly string[] TheirContent = ["Initiator 2: 810081008100", "Responder 8: 82", "Responder 3: 81028105"];

    [Fact]
    public void FindsEverySdu_WhenStreamIsCutInTwo()
    {
        for (int cut = 0; cut <= ThreeSdus.Length; cut++)
        {
            Assert.Equal(TheirContent, Read(ThreeSdus[..cut], ThreeSdus[cut..]));
        }
    }

    [Fact]
    public void FindsEverySdu_WhenStreamIsCutInThree()
    {
        for (int first = 0; first <= ThreeSdus.Length; first++)
        {
            for (int second = first; second <= ThreeSdus.Length; second++)
            {
                Assert.Equal(TheirContent, Read(ThreeSdus[..first], ThreeSdus[first..second], ThreeSdus[second..]));
            }
        }
    }

    [Fact]
    public void FindsEverySdu_WhenBytesComeOneByOne() => Assert.Equal(TheirContent, Read([.. ThreeSdus.Select(b => new[] { b })]));

    [Fact]
    public void FindsEverySdu_WhenStreamWasCaptured()
    {
        string[] files = Directory.GetFiles(DataFolder.Path("messages", "captures"), "*.bin");
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            byte[] stream = File.ReadAllBytes(file);
            string[] whole = Read(stream);

            Assert.Equal(whole, Read([.. stream.Chunk(1)]));
            for (int cut = 1; cut < stream.Length; cut += Math.Max(1, stream.Length / 40))
            {
                Assert.Equal(whole, Read(stream[..cut], stream[cut..]));
            }
        }
    }

    [Fact]
    public void HandsOnTheLongestPayload()
    {
        byte[] payload = new byte[SduHeader.MaxPayloadLength];
        new Random(1).NextBytes(payload);

        string[] sdus = Read(BytePeer.Sdu(5, SduSender.Initiator, payload));

        Assert.Equal($"Initiator 5: {Convert.ToHexStringLower(payload)}", Assert.Single(sdus));
    }

    [Fact]
    public void ThrowsEmptySdu_WhenPayloadIsEmpty()
    {
        var demuxer = new Demuxer(new Target());

        MuxException error = Assert.Throws<MuxException>(() => demuxer.Receive(BytePeer.Sdu(9, SduSender.Responder, []), 0));

        Assert.Equal(MuxFailure.EmptySdu, error.Failure);
        Assert.Equal(new MiniProtocolId(9), error.Protocol);
        Assert.Equal(SduSender.Responder, error.Sender);
    }

    [Theory]
    [InlineData(0, 17, false, false)] // a whole SDU (of 14 bytes) and the beginning of the next, which is whole as well
    [InlineData(0, 3, true, true)] // begins
    [InlineData(3, 10, false, true)] // goes on: its time was set before
    [InlineData(3, 14, false, false)] // ends
    [InlineData(3, 15, true, true)] // ends, and the next begins
    [InlineData(0, 8, true, true)] // a header alone
    public void SaysWhetherAnSduBegan(int from, int to, bool began, bool inside)
    {
        byte[] stream = to == 17 ? [.. ThreeSdus[..14], .. BytePeer.Sdu(2, SduSender.Initiator, [0x81])] : ThreeSdus[..to];
        var demuxer = new Demuxer(new Target());
        demuxer.Receive(stream.AsSpan(0, from), 0);

        bool answer = demuxer.Receive(stream.AsSpan(from), 0);

        Assert.Equal(began, answer);
        Assert.Equal(inside, demuxer.IsInsideSdu);
    }

    private static string[] Read(params byte[][] pieces)
    {
        var target = new Target();
        var demuxer = new Demuxer(target);
        foreach (byte[] piece in pieces)
        {
            demuxer.Receive(piece, 0);
        }

        Assert.False(demuxer.IsInsideSdu);
        return [.. target.Sdus];
    }

    private sealed class Target : IDemuxTarget
    {
        private readonly List<byte> _payload = [];
        private SduHeader? _header;

        public List<string> Sdus { get; } = [];

        public void OnSduBegin(SduHeader header)
        {
            Assert.Null(_header);
            _header = header;
        }

        public void OnSduPayload(ReadOnlySpan<byte> bytes, bool last, long arrival)
        {
            Assert.False(bytes.IsEmpty);
            _payload.AddRange(bytes);
            Assert.Equal(last, _payload.Count == _header!.Value.PayloadLength);
            if (last)
            {
                Sdus.Add($"{_header.Value.Sender} {_header.Value.Protocol}: {Convert.ToHexStringLower([.. _payload])}");
                _header = null;
                _payload.Clear();
            }
        }
    }
}
