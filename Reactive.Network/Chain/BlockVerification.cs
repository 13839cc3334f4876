using Reactive.Network.Cbor;

namespace Reactive.Network.Chain;

/// <summary>One check of several blocks: what has to be hashed of all of them is gathered first, and hashed side by side.</summary>
/// <remarks>
/// Two rounds: the headers and the elements of the bodies, then the hash of each body's hashes. Each thread keeps one of these, about 8 KB, and nothing is
/// allocated.
/// </remarks>
internal sealed class BlockVerification
{
    /// <summary>Blocks at once. Eight lanes are full with far fewer; the first of them waits for the last.</summary>
    public const int MaxBlocks = 16;

    private const int NoPiece = -1;
    private const int MaxParts = 4;
    private const int MaxPieces = MaxBlocks * (1 + MaxParts);

    [ThreadStatic]
    private static BlockVerification? _idle;

    private readonly Found[] _found = new Found[MaxBlocks];
    private readonly HashBatch _pieces = new(MaxPieces);
    private readonly HashBatch _bodies = new(MaxBlocks);
    private readonly byte[] _bodyHashes = new byte[MaxBlocks * MaxParts * BlockHash.Size];

    private BlockVerification()
    {
    }

    /// <summary>What was found of a block before its hashes are known.</summary>
    /// <param name="Defect">What is wrong if the header is the right one.</param>
    /// <param name="Header">The piece that the header is, if it is one.</param>
    /// <param name="Parts">Pieces behind it: elements of the body.</param>
    /// <param name="BodyHash">What the header says.</param>
    private readonly record struct Found(BlockDefect Defect, int Header, int Parts = 0, BlockHash BodyHash = default);

    /// <summary>That of this thread. Until it is given back there is none: who is called meanwhile gets another.</summary>
    public static BlockVerification Take()
    {
        BlockVerification work = _idle ?? new BlockVerification();
        _idle = null;
        return work;
    }

    public void GiveBack()
    {
        _pieces.Clear();
        _bodies.Clear();
        _idle = this;
    }

    public void Verify(ReadOnlySpan<BlockClaim> claims, Span<BlockDefect> defects)
    {
        for (int i = 0; i < claims.Length; i++)
        {
            _found[i] = Gather(in claims[i]);
        }

        _pieces.Compute();
        for (int i = 0; i < claims.Length; i++)
        {
            defects[i] = CheckHeader(in claims[i], in _found[i]);
            if (defects[i] == BlockDefect.None && _found[i].Parts > 0)
            {
                AddBody(i);
            }
        }

        _bodies.Compute();
        int body = 0;
        for (int i = 0; i < claims.Length; i++)
        {
            if (defects[i] == BlockDefect.None && _found[i].Parts > 0 && _bodies[body++] != _found[i].BodyHash)
            {
                defects[i] = BlockDefect.WrongBodyHash;
            }
        }
    }

    private Found Gather(in BlockClaim claim)
    {
        int header = NoPiece;
        try
        {
            ReadOnlyMemory<byte> bytes = claim.Block.Memory;
            BlockLayout layout = BlockLayout.Read(bytes.Span);
            if ((claim.Era ?? layout.Era) != layout.Era)
            {
                return new Found(BlockDefect.WrongHeader, NoPiece);
            }

            if (layout.Era <= Era.Byron)
            {
                return new Found(VerifyByron(in claim, layout), NoPiece);
            }

            header = _pieces.Add(bytes.Slice(layout.HeaderOffset, layout.HeaderLength));
            if (layout.Era > Era.Dijkstra)
            {
                return new Found(BlockDefect.None, header);
            }

            HeaderFields fields = claim.Block.HeaderAt(layout).ReadFields();
            return fields.Slot != claim.Announced.Slot
                ? new Found(BlockDefect.WrongHeader, header)
                : layout.Era <= Era.Conway ? GatherParts(bytes[layout.BodyOffset..], layout, header, in fields) : new Found(BlockDefect.None, header);
        }
        catch (CodecException)
        {
            return new Found(BlockDefect.Malformed, header);
        }
    }

    /// <summary>Byron hashes are of another kind, and on no hot path.</summary>
    private static BlockDefect VerifyByron(in BlockClaim claim, BlockLayout layout)
    {
        Header header = claim.Block.HeaderAt(layout);
        return header.Hash != claim.Announced.Hash || header.ReadFields().Slot != claim.Announced.Slot
            ? BlockDefect.WrongHeader
            : ByronBodyProof.Verify(claim.Block.Span, layout);
    }

    /// <summary>From Shelley on the header has the hash of the hashes of the three (from Alonzo on: four) elements behind it.</summary>
    private Found GatherParts(ReadOnlyMemory<byte> body, BlockLayout layout, int header, in HeaderFields fields)
    {
        if ((ulong)body.Length != fields.BodySize)
        {
            return new Found(BlockDefect.WrongBodySize, header);
        }

        int parts = layout.Era >= Era.Alonzo ? 4 : 3;
        if (layout.Elements != parts + 1)
        {
            return new Found(BlockDefect.Malformed, header);
        }

        var reader = new CborSpanReader(body.Span);
        Span<int> ends = stackalloc int[MaxParts];
        for (int part = 0; part < parts; part++)
        {
            reader.SkipItem();
            ends[part] = reader.Position;
        }

        reader.ReadEnd();
        for (int part = 0, start = 0; part < parts; start = ends[part++])
        {
            _pieces.Add(body[start..ends[part]]);
        }

        return new Found(BlockDefect.None, header, parts, fields.BodyHash!.Value);
    }

    /// <summary>The wrong header is the first thing that is wrong.</summary>
    private BlockDefect CheckHeader(in BlockClaim claim, in Found found) =>
        found.Header == NoPiece || _pieces[found.Header] == claim.Announced.Hash ? found.Defect : BlockDefect.WrongHeader;

    private void AddBody(int block)
    {
        Found found = _found[block];
        Memory<byte> hashes = _bodyHashes.AsMemory(block * MaxParts * BlockHash.Size, found.Parts * BlockHash.Size);
        for (int part = 0; part < found.Parts; part++)
        {
            BlockHash hash = _pieces[found.Header + 1 + part];
            hash.AsSpan().CopyTo(hashes.Span[(part * BlockHash.Size)..]);
        }

        _bodies.Add(hashes);
    }
}
