using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Chain;

public class HeaderTests
{
    private const string BoundaryHex =
        "851a2d964a0958205f20df933584822601f9e3f8c024eb5eb252fe8cefb24d1317dc3d432e940ebb582054f0972807b68698fcd704e3dae675dc43c8a6656aeaf4891e6e3f23"
        + "be2de00a8200810081a0";

    private const string ShelleyStart = "828f1a004723dd1a007949425820c175f470d30216341423a98a6087175642250acec7d9f53a311cf2e0a1c9c7b2";
    private const string PraosStart = "828a1a0010afaa1a0150d7925820a22f65265e7a71cfc3b637d6aefe8f8241d562f5b1b787ff36697ae4c3886f18";
    private const string Vrf = "825840" + Zero32 + Zero32 + "4100";
    private const string Zero32 = "0000000000000000000000000000000000000000000000000000000000000000";
    private const string Key = "5820" + Zero32;

    private static string TPraosHex => ShelleyStart + Key + Key + Vrf + Vrf + "190596" + Key + Key + "0001" + "4100" + "0200" + "4100";

    private static string PraosHex => PraosStart + Key + Key + Vrf + "190370" + Key + "84" + Key + "00014100" + "820900" + "4100";

    [Fact]
    public void SaysWhatTheSpecSays_WhenItIsTheFirstBoundaryBlock()
    {
        Header header = Header.FromMemory(Convert.FromHexString(BoundaryHex), Era.ByronBoundary, 648_087);

        Assert.Equal("89d9b5a5b8ddc8d7e5a6795e9774d97faf1efea59b2caf7eaf9f8c5b32059df4", header.Hash.ToString());
        Assert.Equal(new Point(0, header.Hash), header.Point);
        Assert.Equal(0ul, header.BlockNumber);
        Assert.Equal("5f20df933584822601f9e3f8c024eb5eb252fe8cefb24d1317dc3d432e940ebb", header.PreviousHash.ToString());
        Assert.Equal(648_087, header.EstimatedBlockSize);
        Assert.Equal(80, header.Size);
        Assert.Null(header.ReadFields().BodySize);
    }

    [Fact]
    public void ReadsBothForms_WhenTheEraHasThem()
    {
        HeaderFields old = Make(TPraosHex, Era.Shelley).ReadFields();
        Header header = Make(PraosHex, Era.Conway);
        HeaderFields praos = header.ReadFields();

        Assert.Equal((7_948_610ul, 4_662_237ul, 1_430ul, (2ul, 0ul)), (old.Slot, old.BlockNumber, old.BodySize, old.ProtocolVersion));
        Assert.Equal((22_075_282ul, 1_093_546ul, 880ul, (9ul, 0ul)), (praos.Slot, praos.BlockNumber, praos.BodySize, praos.ProtocolVersion));
        Assert.Equal(header.Size + 880 + 10, header.EstimatedBlockSize);
        Assert.Equal(praos, Make(PraosHex, Era.Dijkstra).ReadFields());
        Assert.Equal(praos, Make(PraosHex, (Era)99).ReadFields());
    }

    [Fact]
    public void HasNoPredecessor_WhenThatIsOrigin()
    {
        string hex = PraosHex.Replace("5820a22f65265e7a71cfc3b637d6aefe8f8241d562f5b1b787ff36697ae4c3886f18", "f6", StringComparison.Ordinal);

        Assert.Null(Make(hex, Era.Babbage).PreviousHash);
    }

    [Fact]
    public void IsNoHeader_WhenTheFormBelongsToAnotherEra()
    {
        foreach ((string hex, Era era) in new[]
        {
            (TPraosHex, Era.Babbage), (TPraosHex, Era.Dijkstra), (PraosHex, Era.Alonzo), (PraosHex, Era.Byron), (BoundaryHex, Era.Byron),
            (BoundaryHex, Era.Shelley), (PraosHex + "00", Era.Conway), (BoundaryHex + "00", Era.ByronBoundary), ("", Era.Conway), ("80", Era.Byron),
        })
        {
            Header header = Make(hex, era);

            Assert.Throws<CodecException>(() => header.ReadFields());
            Assert.False(header.TryReadFields(out _));
            Assert.True(header.EstimatedBlockSize >= 0);
        }
    }

    [Fact]
    public void IsNoHeader_WhenTheByronEpochIsBeyondAllSlots()
    {
        string hex = BoundaryHex.Replace("8200810081a0", "821bffffffffffffffff810081a0", StringComparison.Ordinal);

        Assert.False(Make(hex, Era.ByronBoundary).TryReadFields(out _));
    }

    [Fact]
    public void NeverThrowsAnythingElse_WhenCutOrDamaged() => Seeds.ForEach(3_000, static random =>
    {
        Era era = (Era)random.Next(10);
        byte[] bytes = Convert.FromHexString(era <= Era.Byron ? BoundaryHex : era <= Era.Alonzo ? TPraosHex : PraosHex);
        bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        Header header = Header.FromMemory(bytes.AsMemory(0, random.Next(2) == 0 ? bytes.Length : random.Next(bytes.Length)), era);

        header.TryReadFields(out _);
        Assert.True(header.EstimatedBlockSize >= 0);
    });

    [Fact]
    public void IsAsInTheManifest_WhenRecorded()
    {
        foreach (RealItem item in RealChain.Headers())
        {
            Header header = Header.FromMemory(item.Bytes, item.Era);
            HeaderFields fields = header.ReadFields();

            Assert.True(
                (item.Slot, item.BlockNumber, item.PreviousHash, item.BodySize, item.BodyHash, item.ProtocolVersion)
                    == (fields.Slot, fields.BlockNumber, fields.PreviousHash, fields.BodySize, fields.BodyHash, fields.ProtocolVersion),
                item.File);
            Assert.Equal(item.Point, header.Point);
            Assert.Equal(item.BodySize, header.ReadFields().BodySize);
        }
    }

    [Fact]
    public void CannotBeRead_WhenGivenBack()
    {
        var pool = new SlabPool(new PoisoningArrayPool());
        Header header = InSlab(pool);
        Header shared = header.Retain();
        header.Dispose();
        Assert.Equal(22_075_282ul, shared.Slot);
        shared.Dispose();

        Assert.Throws<ObjectDisposedException>(() => header.Slot);
        Assert.Throws<ObjectDisposedException>(() => header.Hash);
        Assert.Throws<ObjectDisposedException>(() => header.Memory);
        Assert.Throws<ObjectDisposedException>(() => header.Copy());
        Assert.Throws<ObjectDisposedException>(() => header.Retain());
        Assert.Throws<ObjectDisposedException>(header.Dispose);
        Assert.Equal(PraosHex.Length / 2, header.Size);
    }

    [Fact]
    public void HoldsNoSlab_WhenCopied()
    {
        var arrays = new PoisoningArrayPool();
        Header header = InSlab(new SlabPool(arrays));
        BlockHash hash = header.Hash;
        Header copy = header.Copy();
        header.Dispose();

        Assert.Equal(0, arrays.Outstanding);
        Assert.Equal(hash, copy.Hash);
        Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(copy.Memory, out ArraySegment<byte> array));
        Assert.Equal(copy.Size, array.Array!.Length);
        copy.Dispose();
        Assert.Equal(hash, copy.Hash);
    }

    [Fact]
    public void AllocatesNothing_WhenRead()
    {
        Header header = Make(PraosHex, Era.Conway);
        Header old = Make(TPraosHex, Era.Alonzo);
        Read();
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 1_000; i++)
        {
            Read();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Read()
        {
            header.ReadFields();
            old.ReadFields();
            _ = header.Point;
            _ = header.EstimatedBlockSize;
        }
    }

    private static Header Make(string hex, Era era) => Header.FromMemory(Convert.FromHexString(hex), era);

    private static Header InSlab(SlabPool pool)
    {
        byte[] bytes = Convert.FromHexString(PraosHex);
        Slab slab = pool.Rent(65_536);
        bytes.CopyTo(slab.Array, 100);
        MemoryLease lease = slab.Carve(90, bytes.Length + 20);
        slab.Seal();
        return new Header(lease, Era.Conway, 10, bytes.Length, 0);
    }
}
