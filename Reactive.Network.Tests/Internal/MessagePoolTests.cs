using Reactive.Network.Internal;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Internal;

public class MessagePoolTests
{
    private readonly MessagePool _pool = new();

    [Fact]
    public void IsAtMostAQuarterLarger_WhenRented() => Seeds.ForEach(500, random =>
    {
        int length = random.Next(257, 1 << random.Next(9, 23));

        int rented = _pool.Rent(length).Length;

        Assert.InRange(rented, length, length + (length / 4) + 1);
    });

    [Theory]
    [InlineData(0, 256)]
    [InlineData(256, 256)]
    [InlineData(257, 320)]
    [InlineData(512, 512)]
    [InlineData(513, 640)]
    [InlineData(90_123, 98_304)]
    [InlineData(4_194_304, 4_194_304)]
    [InlineData(4_194_305, 4_194_305)]
    public void HasTheNextSize_WhenRented(int wanted, int given) => Assert.Equal(given, _pool.Rent(wanted).Length);

    [Fact]
    public void GivesTheLastOneFirst_WhenSeveralCameBack()
    {
        byte[] first = _pool.Rent(12_000);
        byte[] second = _pool.Rent(12_000);

        _pool.Return(first);
        _pool.Return(second, clearArray: true);

        Assert.Same(second, _pool.Rent(12_100));
        Assert.Same(first, _pool.Rent(12_200));
        Assert.NotSame(first, _pool.Rent(12_200));
    }

    [Fact]
    public void KeepsNoMoreThanItsBound_WhenMoreComesBack()
    {
        List<byte[]> all = [.. Enumerable.Range(0, 40).Select(_ => _pool.Rent(1 << 20))];

        all.ForEach(array => _pool.Return(array));

        Assert.Equal(MessagePool.MaxKeptBytes, _pool.KeptBytes);
    }

    [Fact]
    public void CountsWhatItKeeps_WhenArraysGoOutAgain()
    {
        _pool.Return(_pool.Rent(5_000));

        _pool.Rent(5_000);

        Assert.Equal(0, _pool.KeptBytes);
    }

    [Fact]
    public void Clears_WhenAskedTo()
    {
        byte[] array = _pool.Rent(300);
        array.AsSpan().Fill(1);

        _pool.Return(array, clearArray: true);

        Assert.Equal(-1, _pool.Rent(300).AsSpan().IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void Refuses_WhenTheArrayIsNotOfItsSizes() => Assert.Throws<ArgumentException>(() => _pool.Return(new byte[300]));

    [Fact]
    public void LosesAndDoublesNothing_WhenManyThreadsRent()
    {
        int clashes = 0;
        Parallel.For(0, 8, worker =>
        {
            var random = new Random(worker);
            for (int i = 0; i < 2_000; i++)
            {
                byte[] array = _pool.Rent(random.Next(2_000));
                array[0] = (byte)worker;
                Thread.SpinWait(10);
                clashes += array[0] == (byte)worker ? 0 : 1;
                _pool.Return(array);
            }
        });

        Assert.Equal(0, clashes);
        Assert.InRange(_pool.KeptBytes, 1, MessagePool.MaxKeptBytes);
    }
}
