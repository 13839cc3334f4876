using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Multiplexing;
using Reactive.Network.Recording;
using Reactive.Network.Tests.Bearers;

namespace Reactive.Network.Tests.Recording;

/// <summary>Two ends joined, in virtual time: bytes and ends go through, SDUs are recorded.</summary>
public sealed class CaptureRelayTests : IDisposable
{
    private readonly TestScheduler _time = new();
    private readonly MemoryStream _file = new();
    private readonly RecordingSink _client = new(new object());
    private readonly RecordingSink _server = new(new object());
    private readonly List<NetworkException?> _ends = [];
    private IBearer _clientBearer = null!;
    private IBearer _serverBearer = null!;
    private CaptureRelay _relay = null!;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(262_144)]
    public void LetsEveryByteThroughAndRecordsEachSdu_WhenPiecesAreOfAnySize(int maxChunk)
    {
        Join(new InMemoryBearerOptions { MaxChunk = maxChunk });
        byte[] up = [.. Recordings.Sdu(2, SduSender.Initiator, "8100"), .. Recordings.Sdu(8, SduSender.Initiator, "820007")];
        byte[] down = [.. Recordings.Sdu(2, SduSender.Responder, "8101"), .. Recordings.Sdu(3, SduSender.Responder, new string('0', 40_000))];

        _client.Send(_clientBearer, [[.. up]]);
        _server.Send(_serverBearer, [[.. down]]);
        Settle();

        Assert.Equal(up, _server.Received);
        Assert.Equal(down, _client.Received);
        Assert.Equal(4, _relay.Sdus);
        CaptureRecord.Sdu[] sdus = [.. Recordings.Read(_file.ToArray()).OfType<CaptureRecord.Sdu>()];
        Assert.Equal(up, Bytes(sdus, CaptureSide.Client));
        Assert.Equal(down, Bytes(sdus, CaptureSide.Server));
    }

    [Fact]
    public void RecordsARequestBeforeItsAnswer_WhenTheServerAnswersAtOnce()
    {
        Join();
        _server.Receiving = _ => _server.Send(_serverBearer, [Recordings.Sdu(2, SduSender.Responder, "8101")]);

        for (int i = 0; i < 50; i++)
        {
            _client.Send(_clientBearer, [Recordings.Sdu(2, SduSender.Initiator, "8100")]);
            Settle();
        }

        CaptureSide[] senders = [.. Recordings.Read(_file.ToArray()).OfType<CaptureRecord.Sdu>().Select(sdu => sdu.Sender)];
        Assert.Equal(Enumerable.Range(0, 100).Select(i => i % 2 == 0 ? CaptureSide.Client : CaptureSide.Server), senders);
    }

    [Fact]
    public void EndsTheOtherEndInOrder_WhenOneClosesBehindItsLastByte()
    {
        Join(new InMemoryBearerOptions { Latency = TimeSpan.FromMilliseconds(5) });
        _client.Send(_clientBearer, [Recordings.Sdu(2, SduSender.Initiator, "8107")]);
        _clientBearer.Close();
        Settle();
        _serverBearer.Close();
        Settle();

        Assert.Equal(10, _server.Received.Length);
        Assert.Equal((null, null), (_server.Cause, _client.Cause));
        Assert.Equal([null], _ends);
        var closed = Assert.IsType<CaptureRecord.Closed>(Recordings.Read(_file.ToArray())[^1]);
        Assert.Equal((CaptureSide.Client, null), (closed.By!.Value, closed.Cause));
    }

    [Fact]
    public void ResetsTheOtherEnd_WhenOneAborts()
    {
        Join();
        _server.Send(_serverBearer, [Recordings.Sdu(2, SduSender.Responder, "8101")[..9]]);
        Settle();

        _serverBearer.Abort();
        Settle();

        Assert.Equal(BearerFailure.Reset, _client.Cause?.Kind);
        Assert.Equal(BearerFailure.Reset, Assert.IsType<BearerException>(Assert.Single(_ends)).Kind);
        List<CaptureRecord> records = Recordings.Read(_file.ToArray());
        Assert.Equal(9, Assert.Single(records.OfType<CaptureRecord.Remainder>()).Bytes.Length);
        var closed = Assert.IsType<CaptureRecord.Closed>(records[^1]);
        Assert.Equal(CaptureSide.Server, closed.By);
        Assert.Contains("reset", closed.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void StopsReading_WhenTheOtherEndTakesNothing()
    {
        // The path in memory holds 64 KiB; the server reads nothing.
        Join(new InMemoryBearerOptions { Capacity = 65_536 }, serverReads: false);
        byte[] sdu = Recordings.Sdu(3, SduSender.Initiator, new string('0', 60_000));
        byte[][] many = [.. Enumerable.Range(0, 400).Select(_ => sdu.ToArray())];

        _client.Send(_clientBearer, many);
        Settle();
        int held = _relay.QueuedBytes;
        bool waits = _client.IsSending;
        _server.StartOn(_serverBearer);
        _time.AdvanceBy(TimeSpan.FromSeconds(5).Ticks);

        Assert.True(waits);
        Assert.InRange(held, CaptureRelay.MaxQueuedBytes - 65_536, CaptureRelay.MaxQueuedBytes + 65_536);
        Assert.False(_client.IsSending);
        Assert.Equal(400 * sdu.Length, _server.Count);
        Assert.Equal(0, _relay.QueuedBytes);
    }

    [Fact]
    public void EndsTheConnection_WhenNothingMoreCanBeRecorded()
    {
        Join(file: new FullStream(room: 200));

        _client.Send(_clientBearer, [Recordings.Sdu(3, SduSender.Initiator, new string('0', 1_000))]);
        Settle();

        Assert.Empty(_server.Received);
        Assert.Equal((BearerFailure.Reset, BearerFailure.Reset), (_client.Cause!.Kind, _server.Cause!.Kind));
        Assert.Equal(CaptureFailure.WriteFailed, Assert.IsType<CaptureException>(Assert.Single(_ends)).Failure);
    }

    [Fact]
    public void DoesNotWaitForEver_WhenAnEndDoesNotCloseBehindTheOther()
    {
        Join(serverReads: false);

        _clientBearer.Close();
        _time.AdvanceBy(CaptureRelay.CloseTimeout.Ticks - TimeSpan.TicksPerSecond);
        int before = _ends.Count;
        _time.AdvanceBy(2 * TimeSpan.TicksPerSecond);

        Assert.Equal((0, 1), (before, _ends.Count));
    }

    [Fact]
    public void DoesNotWaitForEver_WhenAnEndIsGoneAndTheOtherDoesNotTakeWhatItLeft()
    {
        Join(new InMemoryBearerOptions { Capacity = 65_536 }, serverReads: false);
        byte[] sdu = Recordings.Sdu(3, SduSender.Initiator, new string('0', 60_000));

        _client.Send(_clientBearer, [.. Enumerable.Range(0, 8).Select(_ => sdu.ToArray())]);
        Settle();
        _clientBearer.Abort();
        _time.AdvanceBy(CaptureRelay.CloseTimeout.Ticks - TimeSpan.TicksPerSecond);
        int before = _ends.Count;
        _time.AdvanceBy(2 * TimeSpan.TicksPerSecond);

        Assert.Equal((0, 1), (before, _ends.Count));
        Assert.Equal(0, _relay.QueuedBytes);
    }

    public void Dispose() => _file.Dispose();

    private static byte[] Bytes(IEnumerable<CaptureRecord.Sdu> sdus, CaptureSide sender)
    {
        var all = new List<byte>();
        foreach (CaptureRecord.Sdu sdu in sdus.Where(sdu => sdu.Sender == sender))
        {
            byte[] header = new byte[SduHeader.Size];
            sdu.Header.Write(header);
            all.AddRange(header);
            all.AddRange(sdu.Payload.Span);
        }

        return [.. all];
    }

    private void Join(InMemoryBearerOptions? path = null, bool serverReads = true, Stream? file = null)
    {
        var capture = new CaptureWriter(file ?? _file, _time, leaveOpen: true);
        (_clientBearer, IBearer client) = InMemoryBearer.CreatePair(_time, path);
        (IBearer server, _serverBearer) = InMemoryBearer.CreatePair(_time, path);
        _client.StartOn(_clientBearer);
        if (serverReads)
        {
            _server.StartOn(_serverBearer);
        }

        _relay = new CaptureRelay(_time, capture, capture.Open("client to server"), client, server, _ends.Add);
        _relay.Start();
    }

    private void Settle() => _time.AdvanceBy(TimeSpan.FromMilliseconds(200).Ticks);
}
