using Reactive.Network.Chain;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Protocols.TxSubmission;

namespace Reactive.Network.Tests.Storage;

public class InMemoryMempoolTests
{
    [Fact]
    public void TellsEachOnceInOrder_WhenCursorsFollow()
    {
        using var mempool = new InMemoryMempool();
        Transaction[] all = [.. Enumerable.Range(1, 5).Select(i => Transactions.Of(i))];
        Assert.All(all[..3], tx => Assert.True(mempool.TryAdd(tx)));
        using IMempoolCursor early = mempool.Follow();
        List<TransactionId> before = Rest(early);

        mempool.Remove(all[1].Id);
        Assert.All(all[3..], tx => Assert.True(mempool.TryAdd(tx)));
        using IMempoolCursor late = mempool.Follow();

        Assert.Equal(all[..3].Select(tx => tx.Id), before);
        Assert.Equal(all[3..].Select(tx => tx.Id), Rest(early));
        Assert.Equal([all[0].Id, all[2].Id, all[3].Id, all[4].Id], Rest(late));
    }

    [Fact]
    public void RefusesAndKeepsTheOthers_WhenTransactionDoesNotFit()
    {
        using var mempool = new InMemoryMempool(maxBytes: 250);

        Assert.True(mempool.TryAdd(Transactions.Of(1)));
        Assert.True(mempool.TryAdd(Transactions.Of(2)));
        Assert.False(mempool.TryAdd(Transactions.Of(3)));
        Assert.Null(mempool.Find(Transactions.Of(3).Id));
        Assert.True(mempool.Remove(Transactions.Of(1).Id));
        Assert.True(mempool.TryAdd(Transactions.Of(3)));
        Assert.Equal(2, mempool.Count);
    }

    [Fact]
    public void Refuses_WhenTransactionIsThereAlreadyOrHasNoId()
    {
        using var mempool = new InMemoryMempool();

        Assert.True(mempool.TryAdd(Transactions.Of(1)));
        Assert.False(mempool.TryAdd(Transactions.Of(1)));
        Assert.False(mempool.TryAdd(new Transaction(Era.Conway, new byte[] { 0x01 })));
        Assert.False(mempool.Remove(Transactions.Of(2).Id));
        Assert.Throws<ArgumentOutOfRangeException>(() => new InMemoryMempool(0));
    }

    [Fact]
    public void Fires_WhenATransactionWasAdded()
    {
        var mempool = new InMemoryMempool();
        int fired = 0;
        bool completed = false;
        using IDisposable subscription = mempool.Changes.Subscribe(_ => fired++, () => completed = true);

        mempool.TryAdd(Transactions.Of(1));
        mempool.TryAdd(Transactions.Of(1));
        mempool.Dispose();

        Assert.Equal((1, true), (fired, completed));
    }

    private static List<TransactionId> Rest(IMempoolCursor cursor)
    {
        var all = new List<TransactionId>();
        while (cursor.TryNext(out TransactionAnnouncement next))
        {
            all.Add(next.Id);
        }

        return all;
    }
}
