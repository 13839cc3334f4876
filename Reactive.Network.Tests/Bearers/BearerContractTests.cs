using Reactive.Network.Bearers;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Bearers;

/// <summary>What every bearer promises, whatever carries its bytes.</summary>
public abstract class BearerContractTests
{
    /// <summary>Pulsed by the sinks; waited for where time is real.</summary>
    protected object Changed { get; } = new();

    /// <summary>Where the bearers of <see cref="Connect"/> get their buffers.</summary>
    protected PoisoningArrayPool Pool { get; } = new();

    /// <summary>Whether the remote end can tell an abort from an orderly end.</summary>
    protected virtual bool AbortIsSeenAsReset => true;

    /// <summary>A batch that is too large to be taken while nobody reads.</summary>
    protected virtual int MoreThanIsTaken => 32 * 1024 * 1024;

    protected abstract (IBearer A, IBearer B) Connect();

    /// <summary>Lets things happen until <paramref name="condition"/> holds; fails with <paramref name="what"/> if it never does.</summary>
    protected abstract void WaitUntil(Func<bool> condition, string what);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void BytesArriveInOrderAndWhole_WhenSizesAreRandom(int seed)
    {
        Random random = new(seed);
        byte[][] toB = Batches(random, 200, 20_000);
        byte[][] toA = Batches(random, 100, 40_000);
        byte[] expectedAtB = [.. toB.SelectMany(batch => batch)];
        byte[] expectedAtA = [.. toA.SelectMany(batch => batch)];
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();

        atA.Send(a, toB);
        atB.Send(b, toA);
        WaitUntil(() => atB.Count >= expectedAtB.Length && atA.Count >= expectedAtA.Length, $"all bytes, seed {seed}");

        Assert.True(expectedAtB.AsSpan().SequenceEqual(atB.Received), $"A to B, seed {seed}");
        Assert.True(expectedAtA.AsSpan().SequenceEqual(atA.Received), $"B to A, seed {seed}");
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void BatchArrivesWhole_WhenLargerThanAnyBuffer()
    {
        byte[] batch = Bytes(new Random(4), 8 * 1024 * 1024);
        byte[] expected = [.. batch];
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();

        atA.Send(a, [batch]);
        WaitUntil(() => atB.Count >= expected.Length, "8 MiB");

        Assert.True(expected.AsSpan().SequenceEqual(atB.Received));
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void WriteIsPendingThenWritable_WhenTheReaderIsSlow()
    {
        byte[] batch = Bytes(new Random(5), MoreThanIsTaken);
        (IBearer a, IBearer b) = Connect();
        RecordingSink atA = new(Changed);
        RecordingSink atB = new(Changed);
        atA.StartOn(a);

        bool taken = a.TryWrite(batch);

        Assert.False(taken);
        Assert.Equal(0, atA.Writables);
        Assert.Throws<InvalidOperationException>(() => a.TryWrite(new byte[1]));
        atB.StartOn(b);
        WaitUntil(() => atA.Writables == 1 && atB.Count == batch.Length, "the rest after the reader woke up");
        Assert.True(batch.AsSpan().SequenceEqual(atB.Received));
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void WriteTakesNothing_WhenBatchIsEmpty()
    {
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();

        Assert.True(a.TryWrite(ReadOnlyMemory<byte>.Empty));
        Assert.True(a.TryWrite(new byte[] { 7 }));
        WaitUntil(() => atB.Count == 1, "one byte");

        Assert.Equal([7], atB.Received);
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void RemoteEndsInOrder_WhenClosed()
    {
        byte[] batch = Bytes(new Random(6), 300_000);
        byte[] expected = [.. batch];
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();

        atA.Send(a, [batch]);
        a.Close();
        WaitUntil(() => atA.IsClosed && atB.IsClosed, "both ends");

        Assert.True(expected.AsSpan().SequenceEqual(atB.Received));
        Assert.Null(atB.Cause);
        Assert.Null(atA.Cause);
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void PendingWriteGoesOut_WhenClosed()
    {
        byte[] batch = Bytes(new Random(7), MoreThanIsTaken);
        (IBearer a, IBearer b) = Connect();
        RecordingSink atA = new(Changed);
        RecordingSink atB = new(Changed);
        atA.StartOn(a);

        Assert.False(a.TryWrite(batch));
        a.Close();
        Assert.True(a.TryWrite(new byte[10]));
        atB.StartOn(b);
        WaitUntil(() => atA.IsClosed && atB.IsClosed, "both ends");

        Assert.True(batch.AsSpan().SequenceEqual(atB.Received));
        Assert.Equal(1, atA.Writables);
        Assert.Null(atB.Cause);
        Finish(a, b, atA, atB);
    }

    [Fact]
    public virtual void StillReceives_WhenOnlyItsOwnHalfIsClosed()
    {
        byte[] batch = Bytes(new Random(8), MoreThanIsTaken);
        (IBearer a, IBearer b) = Connect();
        RecordingSink atA = new(Changed);
        RecordingSink atB = new(Changed);
        atB.StartOn(b);
        Assert.False(b.TryWrite(batch));

        a.Close();
        atA.StartOn(a);
        WaitUntil(() => atA.IsClosed && atB.IsClosed, "both ends");

        Assert.True(batch.AsSpan().SequenceEqual(atA.Received));
        Assert.Null(atA.Cause);
        Assert.Null(atB.Cause);
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void WriteIsDropped_WhenClosedOrEnded()
    {
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();

        a.Close();
        Assert.True(a.TryWrite(new byte[100]));
        WaitUntil(() => atA.IsClosed && atB.IsClosed, "both ends");
        Assert.True(a.TryWrite(new byte[100]));
        Assert.True(b.TryWrite(new byte[100]));

        Assert.Equal(0, atA.Count);
        Assert.Equal(0, atB.Count);
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void EndsOnce_WhenClosedAndAbortedAgainAndAgain()
    {
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();

        a.Close();
        a.Close();
        b.Close();
        WaitUntil(() => atA.IsClosed && atB.IsClosed, "both ends");
        a.Close();
        a.Abort();
        a.Dispose();
        b.Dispose();

        Assert.Null(atA.Cause);
        Assert.Null(atB.Cause);
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void RemoteIsReset_WhenAborted()
    {
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();

        a.Abort();
        WaitUntil(() => atA.IsClosed && atB.IsClosed, "both ends");

        Assert.Null(atA.Cause);
        Assert.Equal(AbortIsSeenAsReset ? BearerFailure.Reset : null, atB.Cause?.Kind);
        if (atB.Cause is { } cause)
        {
            Assert.Equal(b.RemoteName, cause.RemoteName);
            Assert.Equal(Fault.Transport, cause.Fault);
        }

        Finish(a, b, atA, atB);
    }

    [Fact]
    public void BothEnd_WhenAbortedWithWritesPending()
    {
        (IBearer a, IBearer b) = Connect();
        RecordingSink atA = new(Changed);
        RecordingSink atB = new(Changed);
        atA.StartOn(a);
        Assert.False(a.TryWrite(new byte[MoreThanIsTaken]));

        a.Abort();
        WaitUntil(() => atA.IsClosed, "the aborted end");
        atB.StartOn(b);
        WaitUntil(() => atB.IsClosed, "the other end");

        Assert.Null(atA.Cause);
        Assert.Equal(0, atA.Writables);
        Assert.True(a.TryWrite(new byte[1]));
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void Ends_WhenAbortedBeforeItStarted()
    {
        (IBearer a, IBearer b) = Connect();
        RecordingSink atA = new(Changed);
        RecordingSink atB = new(Changed);
        a.Abort();

        atA.StartOn(a);
        atB.StartOn(b);
        WaitUntil(() => atA.IsClosed && atB.IsClosed, "both ends");

        Assert.Null(atA.Cause);
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void Ends_WhenClosedFromInsideOnReceived()
    {
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();
        atB.Receiving = _ => b.Close();

        Assert.True(a.TryWrite(new byte[] { 1, 2, 3 }));
        WaitUntil(() => atA.IsClosed, "A sees the end of the stream");
        WaitUntil(() => atB.IsClosed, "B sees A's answer to it");

        Assert.Equal([1, 2, 3], atB.Received);
        Assert.Null(atA.Cause);
        Assert.Null(atB.Cause);
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void ReceivesNoMore_WhenAbortedFromInsideOnReceived()
    {
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();
        atB.Receiving = _ => b.Abort();

        atA.Send(a, Batches(new Random(9), 100, 20_000));
        WaitUntil(() => atA.IsClosed && atB.IsClosed, "both ends");

        Assert.Equal(1, atB.Chunks);
        Assert.Null(atB.Cause);
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void AnswersArrive_WhenWrittenFromInsideOnReceived()
    {
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();
        using ThreadLocal<int> depth = new();
        int deepest = 0;
        atA.Receiving = bytes => Reply(a, bytes);
        atB.Receiving = bytes => Reply(b, bytes);

        Assert.True(a.TryWrite(new byte[] { 100 }));
        WaitUntil(() => atA.Count + atB.Count == 101, "a hundred replies");

        Assert.Equal(1, deepest);
        Finish(a, b, atA, atB);

        void Reply(IBearer bearer, ReadOnlyMemory<byte> bytes)
        {
            deepest = Math.Max(deepest, ++depth.Value);
            if (bytes.Span[0] > 0)
            {
                Assert.True(bearer.TryWrite(new[] { (byte)(bytes.Span[0] - 1) }));
            }

            depth.Value--;
        }
    }

    [Fact]
    public void EndsWithTheCause_WhenTheSinkThrows()
    {
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();
        atB.Receiving = _ => throw new FormatException("a bug");

        Assert.True(a.TryWrite(new byte[] { 1 }));
        WaitUntil(() => atA.IsClosed && atB.IsClosed, "both ends");

        Assert.Equal(BearerFailure.SinkFaulted, atB.Cause?.Kind);
        Assert.Equal(Fault.Local, atB.Cause?.Fault);
        Assert.IsType<FormatException>(atB.Cause?.InnerException);
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void EndsWithTheCause_WhenTheSinkThrowsOnWritable()
    {
        (IBearer a, IBearer b) = Connect();
        RecordingSink atA = new(Changed) { Writing = () => throw new FormatException("a bug") };
        RecordingSink atB = new(Changed);
        atA.StartOn(a);
        Assert.False(a.TryWrite(new byte[MoreThanIsTaken]));

        atB.StartOn(b);
        WaitUntil(() => atA.IsClosed && atB.IsClosed, "both ends");

        Assert.Equal(BearerFailure.SinkFaulted, atA.Cause?.Kind);
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void NothingEscapes_WhenTheSinkThrowsInOnClosed()
    {
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();
        atB.Closing = () => throw new FormatException("a bug");

        a.Close();
        WaitUntil(() => atA.IsClosed && atB.IsClosed, "both ends");

        Assert.Null(atB.Cause);
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void ReceivesNoMoreUntilResumed_WhenPausedFromInsideOnReceived()
    {
        byte[] batch = Bytes(new Random(10), MoreThanIsTaken);
        (IBearer a, IBearer b) = Connect();
        RecordingSink atA = new(Changed);
        RecordingSink atB = new(Changed);
        atB.Receiving = _ => b.PauseReading();
        atA.StartOn(a);
        atB.StartOn(b);

        Assert.False(a.TryWrite(batch));
        WaitUntil(() => atB.Chunks == 1, "the first piece");
        Assert.True(b.TryWrite(new byte[] { 7 }));
        WaitUntil(() => atA.Count == 1, "what the paused end sends");
        Assert.Equal((1, 0), (atB.Chunks, atA.Writables));
        atB.Receiving = null;
        b.ResumeReading();
        WaitUntil(() => atA.Writables == 1 && atB.Count == batch.Length, "the rest");

        Assert.True(batch.AsSpan().SequenceEqual(atB.Received));
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void ReceivesEveryPiece_WhenPausedAndResumedAtEachOne()
    {
        byte[] batch = Bytes(new Random(11), 600_000);
        byte[] expected = [.. batch];
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();
        atB.Receiving = _ =>
        {
            b.PauseReading();
            b.ResumeReading();
        };

        atA.Send(a, [batch]);
        a.Close();
        WaitUntil(() => atA.IsClosed && atB.IsClosed, "both ends");

        Assert.True(expected.AsSpan().SequenceEqual(atB.Received));
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void SeesTheEndWhenResumed_WhenTheRemoteClosedMeanwhile()
    {
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();
        atB.Receiving = _ => b.PauseReading();
        Assert.True(a.TryWrite(new byte[] { 1 }));
        WaitUntil(() => atB.Count == 1, "the byte");

        Assert.True(a.TryWrite(new byte[] { 2 }));
        a.Close();
        bool early = atB.IsClosed;
        atB.Receiving = null;
        b.ResumeReading();
        WaitUntil(() => atA.IsClosed && atB.IsClosed, "both ends");

        Assert.False(early);
        Assert.Equal([1, 2], atB.Received);
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void Ends_WhenAbortedWhilePaused()
    {
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();
        atB.Receiving = _ => b.PauseReading();
        Assert.True(a.TryWrite(new byte[] { 1 }));
        WaitUntil(() => atB.Count == 1, "the byte");

        b.Abort();
        WaitUntil(() => atA.IsClosed && atB.IsClosed, "both ends");
        b.PauseReading();
        b.ResumeReading();

        Assert.Null(atB.Cause);
        Finish(a, b, atA, atB);
    }

    [Fact]
    public virtual void HoldsNoBuffer_WhenIdle()
    {
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();
        Assert.Equal(0, Pool.Outstanding);

        Assert.True(a.TryWrite(new byte[5_000]));
        WaitUntil(() => atB.Count == 5_000 && Pool.Outstanding == 0, "the bytes, and the buffer back");

        Assert.True(Pool.Rented > 0);
        Finish(a, b, atA, atB);
    }

    [Fact]
    public void Throws_WhenWrittenBeforeItStarted()
    {
        (IBearer a, IBearer b) = Connect();

        Assert.Throws<InvalidOperationException>(() => a.TryWrite(new byte[1]));

        a.Dispose();
        b.Dispose();
    }

    [Fact]
    public void Throws_WhenStartedTwice()
    {
        (IBearer a, IBearer b, RecordingSink atA, RecordingSink atB) = Start();

        Assert.Throws<InvalidOperationException>(() => a.Start(atA));

        Finish(a, b, atA, atB);
    }

    private protected (IBearer A, IBearer B, RecordingSink AtA, RecordingSink AtB) Start()
    {
        (IBearer a, IBearer b) = Connect();
        RecordingSink atA = new(Changed);
        RecordingSink atB = new(Changed);
        atA.StartOn(a);
        atB.StartOn(b);
        return (a, b, atA, atB);
    }

    /// <summary>Ends what is not ended, and checks what holds for every bearer after its end.</summary>
    private protected void Finish(IBearer a, IBearer b, RecordingSink atA, RecordingSink atB)
    {
        a.Dispose();
        b.Dispose();
        WaitUntil(() => atA.IsClosed && atB.IsClosed && Pool.Outstanding == 0, "both ends and all buffers");
        Assert.Empty(atA.Violations);
        Assert.Empty(atB.Violations);
        Assert.Equal(1, atA.Closes);
        Assert.Equal(1, atB.Closes);
    }

    private protected static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[][] Batches(Random random, int count, int maxSize) =>
        [.. Enumerable.Range(0, count).Select(_ => Bytes(random, random.Next(1, random.Next(2) == 0 ? 20 : maxSize)))];
}
