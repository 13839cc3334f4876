using Reactive.Network.Benchmarks.Multiplexing;

namespace Reactive.Network.Tests.Architecture;

/// <summary>
/// What a conversation allocates on the recycled path, both ends together, on one thread in virtual time, so that the figure is the same on every run. Virtual time
/// itself allocates for every turn that it schedules; the bounds leave room for that and for nothing of the size of a message.
/// </summary>
public class AllocationTests
{
    private const int Runs = 20;

    [Fact]
    public void AllocatesNoMoreThanTurnsCost_WhenHeadersAreFollowed() =>
        Assert.InRange(AllocatedBytes(static benchmarks => benchmarks.FollowHeaders()) / 300, 0, 60);

    [Fact]
    public void AllocatesNoMoreThanTurnsAndRequestsCost_WhenBlocksAreFetched() =>
        Assert.InRange(AllocatedBytes(static benchmarks => benchmarks.FetchBlocks()) / 100, 0, 900);

    private static double AllocatedBytes(Func<ConversationBenchmarks, int> run)
    {
        var benchmarks = new ConversationBenchmarks();
        benchmarks.SetUp();
        try
        {
            for (int i = 0; i < Runs; i++)
            {
                run(benchmarks);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Runs; i++)
            {
                run(benchmarks);
            }

            return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Runs;
        }
        finally
        {
            benchmarks.CleanUp();
        }
    }
}
