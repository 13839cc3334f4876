using Reactive.Network.Chain;
using Reactive.Network.Peers;

namespace Reactive.Network.Tests.Peers;

public class SeenTransactionsTests
{
    [Fact]
    public void AsksTwoPeersAtMost_WhenNobodyDelivers()
    {
        var seen = new SeenTransactions();

        bool[] asked = [seen.TryAsk(Id(1)), seen.TryAsk(Id(1)), seen.TryAsk(Id(1))];

        Assert.Equal([true, true, false], asked);
    }

    [Fact]
    public void AsksAgain_WhenAPeerLeftWithoutDelivering()
    {
        var seen = new SeenTransactions();
        seen.TryAsk(Id(1));
        seen.TryAsk(Id(1));

        seen.Answered(Id(1));

        Assert.True(seen.TryAsk(Id(1)));
    }

    [Fact]
    public void AsksNobody_WhenItIsThere()
    {
        var seen = new SeenTransactions();

        Assert.True(seen.TryAdd(Id(1)));

        Assert.False(seen.TryAsk(Id(1)));
        Assert.False(seen.TryAdd(Id(1)));
    }

    [Fact]
    public void ForgetsTheOldest_WhenItIsFull()
    {
        var seen = new SeenTransactions();
        for (int i = 0; i <= SeenTransactions.MaxSeen; i++)
        {
            seen.TryAdd(Id(i));
        }

        Assert.True(seen.TryAsk(Id(0)));
        Assert.False(seen.TryAsk(Id(1)));
    }

    private static TransactionId Id(int number) => new(Era.Conway, Blake2b256.Hash(BitConverter.GetBytes(number)));
}
