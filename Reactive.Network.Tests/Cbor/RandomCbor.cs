using System.Buffers.Binary;
using System.Formats.Cbor;

namespace Reactive.Network.Tests.Cbor;

/// <summary>Random well-formed CBOR items, in all their encodings: heads longer than needed, indefinite lengths, tags, simple values, floats.</summary>
internal static class RandomCbor
{
    public static byte[] Item(Random random, int maxDepth = 6)
    {
        List<byte> bytes = [];
        Write(bytes, random, maxDepth);
        return [.. bytes];
    }

    /// <summary>The length of the item at the start of <paramref name="bytes"/> as System.Formats.Cbor sees it; -1 where it sees none.</summary>
    public static int OracleLength(byte[] bytes)
    {
        try
        {
            var reader = new CborReader(bytes, CborConformanceMode.Lax, allowMultipleRootLevelValues: true);
            reader.SkipValue();
            return bytes.Length - reader.BytesRemaining;
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException)
        {
            return -1;
        }
    }

    private static void Write(List<byte> bytes, Random random, int depth)
    {
        switch (random.Next(depth > 0 ? 11 : 6))
        {
            case 0 or 1:
                Head(bytes, random, random.Next(2), (ulong)random.NextInt64() >> random.Next(64));
                break;
            case 2 or 3:
                String(bytes, random, 2 + random.Next(2));
                break;
            case 4:
                // Simple values of one byte (null and booleans among them), and of two.
                if (random.Next(2) == 0)
                {
                    bytes.Add((byte)(0xe0 | random.Next(24)));
                }
                else
                {
                    bytes.AddRange([0xf8, (byte)random.Next(32, 256)]);
                }

                break;
            case 5:
                int width = 1 << random.Next(1, 4);
                bytes.Add((byte)(0xf8 + (width == 2 ? 1 : width == 4 ? 2 : 3)));
                Fill(bytes, random, width);
                break;
            case 6 or 7:
                Container(bytes, random, depth, major: 4, itemsEach: 1);
                break;
            case 8 or 9:
                Container(bytes, random, depth, major: 5, itemsEach: 2);
                break;
            default:
                Head(bytes, random, 6, (ulong)random.Next(1 << 20));
                Write(bytes, random, depth - 1);
                break;
        }
    }

    private static void Container(List<byte> bytes, Random random, int depth, int major, int itemsEach)
    {
        int count = random.Next(random.Next(1, 30));
        bool indefinite = random.Next(2) == 0;
        if (indefinite)
        {
            bytes.Add((byte)((major << 5) | 31));
        }
        else
        {
            Head(bytes, random, major, (ulong)count);
        }

        for (int i = 0; i < count * itemsEach; i++)
        {
            Write(bytes, random, depth - random.Next(1, 4));
        }

        if (indefinite)
        {
            bytes.Add(0xff);
        }
    }

    private static void String(List<byte> bytes, Random random, int major)
    {
        int pieces = random.Next(4);
        if (pieces == 0)
        {
            Piece(bytes, random, major);
            return;
        }

        bytes.Add((byte)((major << 5) | 31));
        for (int i = 1; i < pieces; i++)
        {
            Piece(bytes, random, major);
        }

        bytes.Add(0xff);
    }

    private static void Piece(List<byte> bytes, Random random, int major)
    {
        int length = random.Next(random.Next(1, 40));
        Head(bytes, random, major, (ulong)length);
        Fill(bytes, random, length);
    }

    // Letters, so that text is UTF-8 whatever the oracle thinks of it.
    private static void Fill(List<byte> bytes, Random random, int length)
    {
        for (int i = 0; i < length; i++)
        {
            bytes.Add((byte)random.Next('a', 'z'));
        }
    }

    private static void Head(List<byte> bytes, Random random, int major, ulong argument)
    {
        Span<byte> wide = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(wide, argument);
        int least = argument < 24 ? 0 : argument <= byte.MaxValue ? 1 : argument <= ushort.MaxValue ? 2 : argument <= uint.MaxValue ? 4 : 8;
        int[] widths = [.. new[] { 0, 1, 2, 4, 8 }.Where(width => width >= least)];
        int width = random.Next(3) == 0 ? widths[random.Next(widths.Length)] : least;
        bytes.Add((byte)((major << 5) | width switch { 0 => (int)argument, 1 => 24, 2 => 25, 4 => 26, _ => 27 }));
        bytes.AddRange(wide[(8 - width)..]);
    }
}
