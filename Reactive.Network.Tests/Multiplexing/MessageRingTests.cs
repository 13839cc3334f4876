using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Multiplexing;

public class MessageRingTests
{
    private readonly MessageRing _ring = new();

    [Fact]
    public void GivesNothing_WhenEmpty()
    {
        Assert.False(_ring.TryTake(out _));
        Assert.True(_ring.IsEmpty);
    }

    [Fact]
    public void KeepsTheOrder_WhenPutAndTakenAtRandom() => Seeds.ForEach(200, random =>
    {
        var ring = new MessageRing();
        long put = 0;
        long taken = 0;
        for (int i = 0; i < 300; i++)
        {
            for (int n = random.Next(random.Next(1, 40)); n > 0; n--)
            {
                ring.Put(Numbered(put++));
            }

            for (int n = random.Next(random.Next(1, 40)); n > 0 && ring.TryTake(out IngressMessage message); n--)
            {
                Assert.Equal(taken++, message.Arrival);
            }

            Assert.Equal(put - taken, ring.Count);
        }
    });

    [Fact]
    public void AllocatesNothing_WhenItHasGrown()
    {
        Fill(1024);
        Drain();
        Fill(1024);
        Drain();
        long before = GC.GetAllocatedBytesForCurrentThread();

        Fill(1024);
        Drain();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void LosesNothing_WhenTwoThreadsAreAtIt()
    {
        const int Messages = 200_000;
        var putting = new Thread(() =>
        {
            for (int i = 0; i < Messages; i++)
            {
                SpinWait.SpinUntil(() => _ring.Count < 1024);
                _ring.Put(Numbered(i));
            }
        });
        putting.Start();
        int wrong = 0;
        for (int taken = 0; taken < Messages;)
        {
            if (_ring.TryTake(out IngressMessage message))
            {
                wrong += message.Arrival == taken++ ? 0 : 1;
            }
            else
            {
                Thread.Yield();
            }
        }

        putting.Join();
        Assert.Equal(0, wrong);
        Assert.True(_ring.IsEmpty);
    }

    private static IngressMessage Numbered(long number) => new(MemoryLease.Unowned(default), number);

    private void Fill(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _ring.Put(Numbered(i));
        }
    }

    private void Drain()
    {
        while (_ring.TryTake(out _))
        {
        }
    }
}
