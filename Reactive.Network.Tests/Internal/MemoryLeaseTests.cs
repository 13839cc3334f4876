using Reactive.Network.Internal;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Internal;

public class MemoryLeaseTests
{
    private readonly PoisoningArrayPool _arrays = new();

    [Fact]
    public void Throws_WhenItIsReadAfterItWasGivenBack()
    {
        MemoryLease lease = Rent(1, 2, 3);
        MemoryLease copy = lease;

        lease.Release();

        Assert.Throws<ObjectDisposedException>(() => lease.Memory);
        Assert.Throws<ObjectDisposedException>(() => copy.Span.Length);
        Assert.Equal(3, lease.Length);
    }

    [Fact]
    public void Throws_WhenItIsGivenBackTwice()
    {
        MemoryLease lease = Rent(1);
        lease.Release();

        Assert.Throws<ObjectDisposedException>(() => lease.Release());

        Assert.Equal(0, _arrays.Outstanding);
    }

    [Fact]
    public void LivesUntilTheLastOwner_WhenItIsRetained()
    {
        MemoryLease lease = Rent(1, 2);
        lease.Retain();
        lease.Retain();
        lease.Release();
        lease.Release();
        Assert.Equal([1, 2], lease.Memory.ToArray());

        lease.Release();

        Assert.Equal(0, _arrays.Outstanding);
        Assert.Throws<ObjectDisposedException>(() => lease.Retain());
    }

    [Fact]
    public void GivesBackOnce_WhenItIsReleasedIfHeld()
    {
        MemoryLease lease = Rent(1);

        lease.ReleaseIfHeld();
        lease.ReleaseIfHeld();

        Assert.Equal(0, _arrays.Outstanding);
    }

    [Fact]
    public void NeedsNoOwner_WhenItsMemoryIsPlain()
    {
        MemoryLease lease = MemoryLease.Unowned(new byte[] { 1, 2 });

        lease.Retain();
        lease.Release();
        lease.Release();
        lease.ReleaseIfHeld();

        Assert.Equal([1, 2], lease.Memory.ToArray());
        default(MemoryLease).Release();
        Assert.True(default(MemoryLease).Memory.IsEmpty);
    }

    private MemoryLease Rent(params byte[] bytes)
    {
        Slab slab = new SlabPool(_arrays).Rent(bytes.Length);
        bytes.CopyTo(slab.Array.AsSpan());
        MemoryLease lease = slab.Carve(0, bytes.Length);
        slab.Seal();
        return lease;
    }
}
