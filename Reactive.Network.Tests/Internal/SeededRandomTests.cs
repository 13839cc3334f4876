using Reactive.Network.Internal;

namespace Reactive.Network.Tests.Internal;

public class SeededRandomTests
{
    /// <summary>The first outputs of Vigna's splitmix64.c with the state 1234567.</summary>
    [Fact]
    public void DrawsTheReferenceNumbers_WhenSeeded()
    {
        var random = new SeededRandom(1234567);

        ulong[] drawn = [random.Draw(), random.Draw(), random.Draw()];

        Assert.Equal([6457827717110365317, 3203168211198807973, 9817491932198370423], drawn);
    }

    [Fact]
    public void DrawsTheSame_WhenCopied()
    {
        var random = new SeededRandom(5);
        random.Draw();
        SeededRandom copy = random;

        Assert.Equal(random.Draw(), copy.Draw());
        Assert.Equal(random, copy);
    }

    [Fact]
    public void DrawsOtherNumbers_WhenForked()
    {
        var random = new SeededRandom(5);
        SeededRandom first = random.Fork();
        SeededRandom second = random.Fork();

        ulong[] drawn = [random.Draw(), first.Draw(), second.Draw()];

        Assert.Equal(3, drawn.Distinct().Count());
    }

    [Fact]
    public void StaysBelowOne_WhenDrawnOften()
    {
        var random = new SeededRandom(-1);
        double sum = 0;

        for (int i = 0; i < 10_000; i++)
        {
            double next = random.NextDouble();
            Assert.True(next is >= 0 and < 1);
            sum += next;
        }

        Assert.InRange(sum / 10_000, 0.48, 0.52);
    }
}
