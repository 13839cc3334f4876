using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;

namespace Reactive.Network.Storage;

/// <summary>
/// Makes Conway blocks that hang together as real ones do: hashes link, numbers and slots rise, headers have all their fields in their real sizes,
/// and bodies have the size and hash their headers say. Keys, proofs and signatures are random bytes.
/// </summary>
/// <remarks>For tests, benchmarks and the embedded network. One thread at a time.</remarks>
public sealed class ChainGenerator
{
    internal const int MinBodyBytes = 300;
    internal const int MaxBodyBytes = 2_000_000;

    private const int MeanMainnetBodyBytes = 16_000;
    private const int MaxMainnetBodyBytes = 88_000;
    private const int MeanTransactionBytes = 900;
    private const int KesSignatureBytes = 448;

    private readonly ChainGeneratorOptions _options;
    private readonly Random _random;
    private readonly ArrayBufferWriter<byte> _body = new();
    private readonly ArrayBufferWriter<byte> _header = new();
    private readonly byte[] _scratch = new byte[KesSignatureBytes];

    /// <summary>A chain to be made.</summary>
    public ChainGenerator(ChainGeneratorOptions? options = null)
    {
        _options = options ?? new ChainGeneratorOptions();
        _options.Validate();
        _random = new Random(_options.Seed);
        Tip = _options.Parent;
    }

    /// <summary>The last block made, or the parent before the first.</summary>
    public Tip Tip { get; private set; }

    /// <summary>Makes the next block. Plain memory.</summary>
    public Block Next()
    {
        ulong slot = NextSlot();
        ulong number = Tip.Point.IsOrigin ? 0 : Tip.BlockNumber + 1;
        BlockHash bodyHash = WriteBody(_options.BodyBytes ?? DrawBodyBytes());
        WriteHeader(slot, number, bodyHash);

        byte[] bytes = new byte[3 + _header.WrittenCount + _body.WrittenCount];
        bytes[0] = 0x82;
        bytes[1] = (byte)Era.Conway;
        bytes[2] = 0x85;
        _header.WrittenSpan.CopyTo(bytes.AsSpan(3));
        _body.WrittenSpan.CopyTo(bytes.AsSpan(3 + _header.WrittenCount));
        Tip = new Tip(new Point(slot, Blake2b256.Hash(_header.WrittenSpan)), number);
        return Block.FromMemory(bytes);
    }

    /// <summary>Makes blocks as they are asked for.</summary>
    public IEnumerable<Block> Take(int count)
    {
        for (int i = 0; i < count; i++)
        {
            yield return Next();
        }
    }

    private ulong NextSlot()
    {
        if (Tip.Point.IsOrigin)
        {
            return 0;
        }

        double gap = Math.Ceiling(Math.Log(1 - _random.NextDouble()) / Math.Log(1 - (1.0 / Math.Max(_options.MeanSlotGap, 1.000001))));
        return Tip.Point.Slot + (ulong)Math.Max(1, gap);
    }

    private int DrawBodyBytes() => Math.Clamp(
        (int)(-Math.Log(1 - _random.NextDouble()) * MeanMainnetBodyBytes), MinBodyBytes, MaxMainnetBodyBytes);

    private BlockHash WriteBody(int bytes)
    {
        _body.ResetWrittenCount();
        int transactions = Math.Max(1, Math.Min(bytes / MeanTransactionBytes, 400));
        Span<byte> hashes = stackalloc byte[4 * BlockHash.Size];
        var writer = new CborSpanWriter(_body);

        int start = _body.WrittenCount;
        writer.WriteArrayHeader(transactions);
        for (int i = 0; i < transactions; i++)
        {
            WriteTransactionBody(writer);
        }

        HashPart(hashes, 0, start);
        start = _body.WrittenCount;
        WriteWitnesses(writer, transactions, bytes);
        HashPart(hashes, 1, start);
        start = _body.WrittenCount;
        writer.WriteMapHeader(0);
        HashPart(hashes, 2, start);
        start = _body.WrittenCount;
        writer.WriteArrayHeader(0);
        HashPart(hashes, 3, start);
        return Blake2b256.Hash(hashes);
    }

    private void HashPart(Span<byte> hashes, int part, int start) =>
        Blake2b256.Hash(_body.WrittenSpan[start..]).AsSpan().CopyTo(hashes[(part * BlockHash.Size)..]);

    /// <summary>One input, one output, a fee: 114 bytes.</summary>
    private void WriteTransactionBody(CborSpanWriter writer)
    {
        writer.WriteMapHeader(3);
        writer.WriteUInt(0);
        writer.WriteTag(258);
        writer.WriteArrayHeader(1);
        writer.WriteArrayHeader(2);
        WriteRandom(writer, 32);
        writer.WriteUInt(0);
        writer.WriteUInt(1);
        writer.WriteArrayHeader(1);
        writer.WriteArrayHeader(2);
        WriteRandom(writer, 57);
        writer.WriteUInt(1_000_000);
        writer.WriteUInt(2);
        writer.WriteUInt(170_000);
    }

    /// <summary>A datum in each witness set fills the body up to its size exactly.</summary>
    private void WriteWitnesses(CborSpanWriter writer, int transactions, int bytes)
    {
        const int Trailer = 2;
        writer.WriteArrayHeader(transactions);
        for (int i = 0; i < transactions; i++)
        {
            // {4: [datum]}: three heads, then a byte string whose own head takes 1 to 5 bytes.
            writer.WriteMapHeader(1);
            writer.WriteUInt(4);
            writer.WriteArrayHeader(1);
            int left = bytes - Trailer - _body.WrittenCount - ((transactions - i - 1) * MinWitnessBytes);
            int share = Math.Max(MinWitnessBytes - 3, left / (transactions - i));
            WriteFilling(writer, i == transactions - 1 ? left : Math.Min(share, left));
        }
    }

    private const int MinWitnessBytes = 8;

    /// <summary>Items of exactly <paramref name="bytes"/>: a byte string, in a tag where its head would skip a length.</summary>
    private void WriteFilling(CborSpanWriter writer, int bytes)
    {
        while (true)
        {
            foreach (int head in (ReadOnlySpan<int>)[1, 2, 3, 5])
            {
                if (bytes >= head && HeadBytes(bytes - head) == head)
                {
                    WriteRandom(writer, bytes - head);
                    return;
                }
            }

            // No string has this many bytes with its head: a tag of one byte takes the one that is over.
            writer.WriteTag(2);
            bytes--;
        }
    }

    private static int HeadBytes(int length) => length < 24 ? 1 : length < 256 ? 2 : length < 65_536 ? 3 : 5;

    private void WriteHeader(ulong slot, ulong number, BlockHash bodyHash)
    {
        _header.ResetWrittenCount();
        var writer = new CborSpanWriter(_header);
        writer.WriteArrayHeader(2);
        writer.WriteArrayHeader(10);
        writer.WriteUInt(number);
        writer.WriteUInt(slot);
        if (Tip.Point.IsOrigin)
        {
            writer.WriteNull();
        }
        else
        {
            writer.WriteByteString(Tip.Point.Hash.AsSpan());
        }

        WriteRandom(writer, 32);
        WriteRandom(writer, 32);
        writer.WriteArrayHeader(2);
        WriteRandom(writer, 64);
        WriteRandom(writer, 80);
        writer.WriteUInt((ulong)_body.WrittenCount);
        writer.WriteByteString(bodyHash.AsSpan());
        writer.WriteArrayHeader(4);
        WriteRandom(writer, 32);
        writer.WriteUInt(7);
        writer.WriteUInt(slot / 129_600);
        WriteRandom(writer, 64);
        writer.WriteArrayHeader(2);
        writer.WriteUInt(10);
        writer.WriteUInt(0);
        WriteRandom(writer, KesSignatureBytes);
    }

    private void WriteRandom(CborSpanWriter writer, int length)
    {
        writer.WriteByteStringHeader(length);
        WriteRandomRaw(writer, length);
    }

    private void WriteRandomRaw(CborSpanWriter writer, int length)
    {
        while (length > 0)
        {
            Span<byte> piece = _scratch.AsSpan(0, Math.Min(length, _scratch.Length));
            _random.NextBytes(piece);
            writer.WriteRaw(piece);
            length -= piece.Length;
        }
    }
}
