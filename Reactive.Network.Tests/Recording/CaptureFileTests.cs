using Microsoft.Reactive.Testing;
using Reactive.Network.Multiplexing;
using Reactive.Network.Recording;

namespace Reactive.Network.Tests.Recording;

/// <summary>The file: what is written is read, and what is not a recording, or not whole, is told.</summary>
public class CaptureFileTests
{
    private static readonly byte[] Sample = Write(capture =>
    {
        int one = capture.Open("127.0.0.1:5 to relay.example:3001");
        int two = capture.Open("socket to node", isOrdered: false);
        capture.Write(one, TimeSpan.FromMicroseconds(1_500), CaptureSide.Client, Recordings.Sdu(2, SduSender.Initiator, "8100"));
        capture.Write(two, TimeSpan.FromMicroseconds(70_000), CaptureSide.Server, Recordings.Sdu(3, SduSender.Responder, "8102"));
        capture.WriteRemainder(one, TimeSpan.FromSeconds(2), CaptureSide.Server, [1, 2, 3]);
        capture.Close(one, CaptureSide.Server, "it broke");
        capture.Close(two, null, null);
    });

    [Fact]
    public void ReadsWhatWasWritten_WhenTheRecordingIsWhole()
    {
        List<CaptureRecord> records = Recordings.Read(Sample);

        Assert.Equal(new CaptureRecord.Opened(1, default, "127.0.0.1:5 to relay.example:3001", true), records[0]);
        Assert.Equal(new CaptureRecord.Opened(2, default, "socket to node", false), records[1]);
        var first = Assert.IsType<CaptureRecord.Sdu>(records[2]);
        Assert.Equal((1, TimeSpan.FromMicroseconds(1_500), CaptureSide.Client), (first.Connection, first.At, first.Sender));
        Assert.Equal(new SduHeader(77, SduSender.Initiator, new MiniProtocolId(2), 2), first.Header);
        Assert.Equal("8100", Convert.ToHexStringLower(first.Payload.Span));
        Assert.Equal(CaptureSide.Server, Assert.IsType<CaptureRecord.Sdu>(records[3]).Sender);
        var remainder = Assert.IsType<CaptureRecord.Remainder>(records[4]);
        Assert.Equal([1, 2, 3], remainder.Bytes.ToArray());
        Assert.Equal(new CaptureRecord.Closed(1, default, CaptureSide.Server, "it broke"), records[5]);
        Assert.Equal(new CaptureRecord.Closed(2, default, null, null), records[6]);
        Assert.Equal(7, records.Count);
    }

    [Fact]
    public void KeepsTheTimeOfTheScheduler_WhenItIsStarted()
    {
        var time = new TestScheduler();
        time.AdvanceTo(new DateTimeOffset(2026, 5, 4, 3, 2, 1, TimeSpan.Zero).Ticks);
        var file = new MemoryStream();
        using (var capture = new CaptureWriter(file, time, leaveOpen: true))
        {
            time.AdvanceBy(TimeSpan.FromMinutes(3).Ticks);
            capture.Open("late");
        }

        using var reader = new CaptureReader(new MemoryStream(file.ToArray()));

        Assert.Equal(new DateTimeOffset(2026, 5, 4, 3, 2, 1, TimeSpan.Zero), reader.Started);
        Assert.True(reader.TryRead(out CaptureRecord record));
        Assert.Equal(TimeSpan.FromMinutes(3), record.At);
    }

    [Fact]
    public void IsReadUpToThere_WhenItIsCutOffAnywhere()
    {
        List<CaptureRecord> all = Recordings.Read(Sample);
        int whole = 0;
        for (int length = 0; length <= Sample.Length; length++)
        {
            CaptureReader reader;
            try
            {
                reader = new CaptureReader(new MemoryStream(Sample[..length]));
            }
            catch (CaptureException error)
            {
                Assert.Equal(CaptureFailure.NotACapture, error.Failure);
                continue;
            }

            int count = 0;
            while (reader.TryRead(out CaptureRecord record))
            {
                Assert.Equal(all[count++].GetType(), record.GetType());
            }

            Assert.True(count <= all.Count);
            whole += reader.IsCutOff ? 0 : 1;
            reader.Dispose();
        }

        // The header alone, and behind each of the seven entries.
        Assert.Equal(8, whole);
    }

    [Fact]
    public void IsReadOrToldAsDamaged_WhenAnyBitIsWrong()
    {
        int damaged = 0;
        for (int bit = 0; bit < Sample.Length * 8; bit++)
        {
            byte[] wrong = [.. Sample];
            wrong[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                Recordings.Read(wrong);
            }
            catch (CaptureException error)
            {
                Assert.True(error.Failure is CaptureFailure.Damaged or CaptureFailure.NotACapture or CaptureFailure.UnknownVersion, error.Message);
                damaged++;
            }
        }

        Assert.InRange(damaged, Sample.Length, Sample.Length * 8);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("8300")]
    [InlineData("7b226a736f6e223a317d")]
    [InlineData("ff")]
    [InlineData("836d72786e65742d6361707475726 401f6")]
    public void Throws_WhenItIsNoRecording(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

        Assert.Equal(CaptureFailure.NotACapture, Assert.Throws<CaptureException>(() => new CaptureReader(new MemoryStream(bytes))).Failure);
    }

    [Fact]
    public void Throws_WhenTheVersionIsNotKnown()
    {
        byte[] newer = [.. Sample];
        Assert.Equal(1, newer[15]);
        newer[15] = 2;

        Assert.Equal(CaptureFailure.UnknownVersion, Assert.Throws<CaptureException>(() => new CaptureReader(new MemoryStream(newer))).Failure);
    }

    [Fact]
    public void IsSkipped_WhenAnEntryIsOfALaterKind()
    {
        byte[] longer = [.. Sample, .. Convert.FromHexString("8304010 2".Replace(" ", "", StringComparison.Ordinal)), .. Convert.FromHexString("85030118640 0f6".Replace(" ", "", StringComparison.Ordinal))];

        List<CaptureRecord> records = Recordings.Read(longer);

        Assert.Equal(8, records.Count);
        Assert.Equal(new CaptureRecord.Closed(1, TimeSpan.FromMicroseconds(100), CaptureSide.Client, null), records[^1]);
    }

    [Fact]
    public void CutsTexts_WhenTheyAreLongerThanAThousandCharacters()
    {
        byte[] file = Write(capture => capture.Close(capture.Open(new string('\u20ac', 5_000)), null, new string('x', 5_000)));

        List<CaptureRecord> records = Recordings.Read(file);

        Assert.Equal(1_000, Assert.IsType<CaptureRecord.Opened>(records[0]).Name.Length);
        Assert.Equal(1_000, Assert.IsType<CaptureRecord.Closed>(records[1]).Cause!.Length);
    }

    [Fact]
    public void HoldsTheLongestSdu_WhenItIsWrittenAndRead()
    {
        byte[] sdu = new byte[SduHeader.Size + SduHeader.MaxPayloadLength];
        new SduHeader(1, SduSender.Responder, new MiniProtocolId(3), SduHeader.MaxPayloadLength).Write(sdu);
        byte[] file = Write(capture =>
        {
            int connection = capture.Open("x");
            capture.Write(connection, TimeSpan.FromDays(400), CaptureSide.Server, sdu);
            capture.Write(connection, TimeSpan.FromDays(400), CaptureSide.Server, sdu);
        });

        Assert.Equal([0, 65_535, 65_535], Recordings.Read(file).Select(record => (record as CaptureRecord.Sdu)?.Payload.Length ?? 0));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(9)]
    [InlineData(11)]
    public void Throws_WhenBytesAreNotOneWholeSdu(int length)
    {
        byte[] two = new byte[length];
        new SduHeader(0, SduSender.Initiator, new MiniProtocolId(2), 2).Write(length < 8 ? new byte[8] : two);
        using var capture = new CaptureWriter(new MemoryStream(), new TestScheduler());

        Assert.Throws<ArgumentException>(() => capture.Write(1, default, CaptureSide.Client, two));
    }

    [Fact]
    public void FailsForGood_WhenNothingMoreCanBeWritten()
    {
        var stream = new FullStream(room: 120);
        using var capture = new CaptureWriter(stream, new TestScheduler());
        int connection = capture.Open("x");
        byte[] sdu = Recordings.Sdu(2, SduSender.Initiator, new string('0', 200));

        var first = Assert.Throws<CaptureException>(() => capture.Write(connection, default, CaptureSide.Client, sdu));
        stream.Room = 10_000;
        var second = Assert.Throws<CaptureException>(() => capture.Write(connection, default, CaptureSide.Client, sdu));

        Assert.Equal((CaptureFailure.WriteFailed, CaptureFailure.WriteFailed), (first.Failure, second.Failure));
        Assert.Contains("no space", first.Message, StringComparison.Ordinal);
        Assert.Same(first, second.InnerException);
    }

    [Fact]
    public void Throws_WhenItHasEnded()
    {
        var capture = new CaptureWriter(new MemoryStream(), new TestScheduler());
        capture.Dispose();
        capture.Dispose();

        Assert.Equal(CaptureFailure.WriteFailed, Assert.Throws<CaptureException>(() => capture.Open("x")).Failure);
    }

    private static byte[] Write(Action<CaptureWriter> write)
    {
        var file = new MemoryStream();
        using (var capture = new CaptureWriter(file, new TestScheduler(), leaveOpen: true))
        {
            write(capture);
            Assert.Equal(file.Length, capture.Bytes);
        }

        return file.ToArray();
    }
}
