using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Multiplexing;

public class EgressBufferTests
{
    private readonly PoisoningArrayPool _pool = new();
    private readonly EgressBuffer _egress;
    private readonly SlabPool _slabs;

    public EgressBufferTests()
    {
        _egress = new EgressBuffer(_pool);
        _slabs = new SlabPool(_pool);
    }

    [Fact]
    public void Coalesces_WhenMessagesAreSmall()
    {
        for (byte i = 0; i < 100; i++)
        {
            Write(0x81, i);
            _egress.Commit();
        }

        Assert.Equal(200, _egress.Length);
        Assert.Equal(1, _pool.Outstanding);
        Assert.Equal(Enumerable.Range(0, 100).SelectMany(i => new[] { (byte)0x81, (byte)i }), Take(12_288));
        Assert.Equal(0, _egress.Length);
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void HidesAMessage_UntilItIsCommitted()
    {
        Write(1);
        _egress.Commit();
        Write(2);

        Assert.Equal([1], Take(100));
        Assert.Equal([], Take(100));
        _egress.Commit();

        Assert.Equal([2], Take(100));
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void KeepsOrder_WhenBytesAndReferencesAlternate()
    {
        MemoryLease first = Lease(10, 20, 30);
        MemoryLease second = Lease(40);
        Write(1, 2);
        _egress.WriteReference(first.Memory, first);
        Write(3);
        _egress.WriteReference(second.Memory, second);
        _egress.Commit();
        Write(4);
        _egress.Commit();

        Assert.Equal([1, 2, 10], Take(3));
        Assert.Equal(3, first.Length);
        Assert.Equal([20, 30], Take(2));
        Assert.Throws<ObjectDisposedException>(() => first.Memory);
        Assert.Equal([40], second.Memory.ToArray());
        Assert.Equal([3, 40, 4], Take(100));

        Assert.Throws<ObjectDisposedException>(() => second.Memory);
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void KeepsOrder_WhenMessagesOutgrowTheirArrays() => Seeds.ForEach(20, random =>
    {
        var written = new List<byte>();
        var taken = new List<byte>();
        for (int step = 0; step < 300; step++)
        {
            byte[] bytes = new byte[random.Next(1, random.Next(4) == 0 ? 20_000 : 50)];
            random.NextBytes(bytes);
            written.AddRange(bytes);
            if (random.Next(4) == 0)
            {
                MemoryLease lease = Lease(bytes);
                _egress.WriteReference(lease.Memory, lease);
            }
            else
            {
                Write(bytes);
            }

            if (random.Next(2) == 0)
            {
                _egress.Commit();
            }

            if (random.Next(2) == 0)
            {
                taken.AddRange(Take(random.Next(1, 12_288)));
            }
        }

        _egress.Commit();
        while (_egress.Length > 0)
        {
            taken.AddRange(Take(12_288));
        }

        Assert.True(written.SequenceEqual(taken));
        Assert.Equal(0, _pool.Outstanding);
    });

    [Fact]
    public void HasRoomBelowTheSoftLimit_AndTakesAMessageWhole()
    {
        Write(new byte[EgressBuffer.SoftLimit - 1]);
        _egress.Commit();
        Assert.True(_egress.HasRoom);

        Write(new byte[2_000_000]);
        _egress.Commit();

        Assert.False(_egress.HasRoom);
        Assert.Equal(EgressBuffer.SoftLimit - 1 + 2_000_000, _egress.Length);
        _egress.Close();
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void SaysOnceThatThereIsRoom_WhenItFallsBelowTheSoftLimit()
    {
        Write(new byte[EgressBuffer.SoftLimit + 20]);
        _egress.Commit();
        byte[] sdu = new byte[10];

        Assert.Equal(10, _egress.Take(sdu, out bool tooEarly));
        Assert.Equal(10, _egress.Take(sdu, out bool atTheLimit));
        Assert.Equal(1, _egress.Take(sdu.AsSpan(0, 1), out bool below));
        Assert.Equal(1, _egress.Take(sdu.AsSpan(0, 1), out bool again));

        Assert.Equal((false, false, true, false), (tooEarly, atTheLimit, below, again));
        _egress.Close();
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void GivesEverythingBack_WhenItIsClosed()
    {
        MemoryLease lease = Lease(1, 2, 3);
        Write(1, 2, 3);
        _egress.WriteReference(lease.Memory, lease);
        Write(new byte[20_000]);
        _egress.Commit();

        _egress.Close();

        Assert.Equal(0, _egress.Length);
        Assert.Equal([], Take(100));
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void DropsTheMessage_WhenItIsClosedWhileOneIsWritten()
    {
        MemoryLease lease = Lease(1, 2, 3);
        Write(1, 2, 3);
        _egress.Close();

        // The writer on its strand does not know yet.
        Write(4);
        _egress.WriteReference(lease.Memory, lease);
        _egress.Commit();

        Assert.Equal(0, _egress.Length);
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void GivesEverythingBack_WhenTheMessageThatWasBegunIsAbandoned()
    {
        MemoryLease lease = Lease(1, 2, 3);
        Write(1, 2, 3);
        _egress.Commit();
        Write(new byte[20_000]);
        _egress.WriteReference(lease.Memory, lease);
        Write(5);

        _egress.Abandon();

        Assert.Equal(0, _egress.Length);
        Assert.Equal(0, _pool.Outstanding);
    }

    private byte[] Take(int count)
    {
        byte[] bytes = new byte[count];
        return bytes[.._egress.Take(bytes, out _)];
    }

    private void Write(params byte[] bytes)
    {
        bytes.CopyTo(_egress.GetSpan(bytes.Length));
        _egress.Advance(bytes.Length);
    }

    private MemoryLease Lease(params byte[] bytes)
    {
        Slab slab = _slabs.Rent(bytes.Length);
        bytes.CopyTo(slab.Array.AsSpan());
        MemoryLease lease = slab.Carve(0, bytes.Length);
        slab.Seal();
        return lease;
    }
}
