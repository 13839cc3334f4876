using Reactive.Network.Internal;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Internal;

public class SlabTests
{
    private readonly PoisoningArrayPool _arrays = new();
    private readonly SlabPool _slabs;

    public SlabTests() => _slabs = new SlabPool(_arrays);

    [Fact]
    public void GivesTheArrayBack_WhenItIsSealedAndEachSegmentCameBack()
    {
        Slab slab = _slabs.Rent(100);
        MemoryLease first = slab.Carve(0, 10);
        MemoryLease second = slab.Carve(10, 10);
        first.Release();
        slab.Seal();
        Assert.Equal(1, _arrays.Outstanding);

        second.Release();

        Assert.Equal(0, _arrays.Outstanding);
    }

    [Fact]
    public void KeepsTheArray_UntilItIsSealed()
    {
        Slab slab = _slabs.Rent(100);
        slab.Carve(0, 10).Release();
        Assert.Equal(1, _arrays.Outstanding);

        slab.Seal();

        Assert.Equal(0, _arrays.Outstanding);
    }

    [Fact]
    public void HoldsSixtyFourSegments()
    {
        Slab slab = _slabs.Rent(1000);
        for (int i = 0; i < Slab.MaxSegments; i++)
        {
            Assert.True(slab.HasFreeSegment);
            slab.Carve(i, 1).Release();
        }

        Assert.False(slab.HasFreeSegment);
        slab.Seal();
        Assert.Equal(0, _arrays.Outstanding);
    }

    [Fact]
    public void TellsAStaleHandle_WhenTheSlabIsUsedAgain()
    {
        Slab slab = _slabs.Rent(100);
        MemoryLease stale = slab.Carve(0, 10);
        stale.Release();
        slab.Seal();

        Slab again = _slabs.Rent(100);
        MemoryLease fresh = again.Carve(0, 10);

        Assert.Same(slab, again);
        Assert.Throws<ObjectDisposedException>(() => stale.Memory);
        Assert.Throws<ObjectDisposedException>(() => stale.Retain());
        Assert.Throws<ObjectDisposedException>(() => stale.Release());
        stale.ReleaseIfHeld();
        Assert.Equal(10, fresh.Memory.Length);
        fresh.Release();
        again.Seal();
        Assert.Equal(0, _arrays.Outstanding);
    }

    [Fact]
    public void KeepsABoundedNumberOfSlabs_WhenManyWereOut()
    {
        Slab[] many = [.. Enumerable.Range(0, 1_000).Select(_ => _slabs.Rent(16))];
        foreach (Slab slab in many)
        {
            slab.Seal();
        }

        Slab[] again = [.. Enumerable.Range(0, 1_000).Select(_ => _slabs.Rent(16))];

        Assert.Equal(256, again.Intersect(many).Count());
        Assert.Equal(1_000, _arrays.Outstanding);
    }
}
