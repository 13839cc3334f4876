using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Reactive.Network.Chain;

/// <summary>The compression function F of Blake2b (RFC 7693, 3.2): mixes one block of 128 bytes into the state of eight words.</summary>
internal static class Blake2bCompression
{
    /// <summary>The length of a block in bytes.</summary>
    internal const int BlockBytes = 128;

    // An array: a span over constants is made anew, boxing and all, where the JIT does not optimise.
    private static readonly ulong[] InitialWords =
    [
        0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
        0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
    ];

    private static ReadOnlySpan<byte> Sigma =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
        11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
        7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
        9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
        2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
        12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
        13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
        6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
        10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
    ];

    private static readonly ulong[] HalfRoundOrder = MakeHalfRoundOrder();

    /// <summary>The initialisation vector.</summary>
    internal static ReadOnlySpan<ulong> Iv => InitialWords;

    /// <summary>Mixes a block in.</summary>
    /// <param name="state">Eight words.</param>
    /// <param name="block">128 bytes.</param>
    /// <param name="count">The bytes hashed so far, those of this block included (without its padding).</param>
    /// <param name="last">Whether it is the last block.</param>
    internal static void Compress(Span<ulong> state, ReadOnlySpan<byte> block, ulong count, bool last)
    {
        if (Avx512F.VL.IsSupported)
        {
            CompressAvx512(state, block, count, last);
        }
        else if (Avx2.IsSupported && BitConverter.IsLittleEndian)
        {
            CompressAvx2(state, block, count, last);
        }
        else
        {
            CompressPortable(state, block, count, last);
        }
    }

    /// <summary>The portable form, one word at a time.</summary>
    internal static void CompressPortable(Span<ulong> state, ReadOnlySpan<byte> block, ulong count, bool last)
    {
        Span<ulong> v = stackalloc ulong[16];
        Span<ulong> m = stackalloc ulong[16];
        state.CopyTo(v);
        Iv.CopyTo(v[8..]);
        v[12] ^= count;
        v[14] ^= last ? ulong.MaxValue : 0;
        for (int i = 0; i < 16; i++)
        {
            m[i] = BinaryPrimitives.ReadUInt64LittleEndian(block[(i * sizeof(ulong))..]);
        }

        for (int round = 0; round < 12; round++)
        {
            ReadOnlySpan<byte> s = Sigma.Slice(round * 16, 16);
            Mix(ref v[0], ref v[4], ref v[8], ref v[12], m[s[0]], m[s[1]]);
            Mix(ref v[1], ref v[5], ref v[9], ref v[13], m[s[2]], m[s[3]]);
            Mix(ref v[2], ref v[6], ref v[10], ref v[14], m[s[4]], m[s[5]]);
            Mix(ref v[3], ref v[7], ref v[11], ref v[15], m[s[6]], m[s[7]]);
            Mix(ref v[0], ref v[5], ref v[10], ref v[15], m[s[8]], m[s[9]]);
            Mix(ref v[1], ref v[6], ref v[11], ref v[12], m[s[10]], m[s[11]]);
            Mix(ref v[2], ref v[7], ref v[8], ref v[13], m[s[12]], m[s[13]]);
            Mix(ref v[3], ref v[4], ref v[9], ref v[14], m[s[14]], m[s[15]]);
        }

        for (int i = 0; i < 8; i++)
        {
            state[i] ^= v[i] ^ v[i + 8];
        }
    }

    /// <summary>The vector form, one row of the state in a vector.</summary>
    internal static void CompressAvx2(Span<ulong> state, ReadOnlySpan<byte> block, ulong count, bool last)
    {
        ref ulong h = ref MemoryMarshal.GetReference(state[..8]);
        ref ulong m = ref Unsafe.As<byte, ulong>(ref MemoryMarshal.GetReference(block[..BlockBytes]));
        ref ulong iv = ref MemoryMarshal.GetArrayDataReference(InitialWords);
        Vector256<ulong> a = Vector256.LoadUnsafe(ref h);
        Vector256<ulong> b = Vector256.LoadUnsafe(ref h, 4);
        Vector256<ulong> c = Vector256.LoadUnsafe(ref iv);
        Vector256<ulong> d = Vector256.LoadUnsafe(ref iv, 4) ^ Vector256.Create(count, 0, last ? ulong.MaxValue : 0, 0);
        Vector256<ulong> a0 = a;
        Vector256<ulong> b0 = b;
        Vector256<byte> rotate24 = Vector256.Create(
            (byte)3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10, 3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10);
        Vector256<byte> rotate16 = Vector256.Create(
            (byte)2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9, 2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9);
        ref byte s = ref MemoryMarshal.GetReference(Sigma);
        for (int round = 0; round < 12; round++, s = ref Unsafe.Add(ref s, 16))
        {
            HalfRound(ref a, ref b, ref c, ref d, Gather(ref m, ref s, 0), Gather(ref m, ref s, 1), rotate24, rotate16);
            b = Avx2.Permute4x64(b, 0b00_11_10_01);
            c = Avx2.Permute4x64(c, 0b01_00_11_10);
            d = Avx2.Permute4x64(d, 0b10_01_00_11);
            HalfRound(ref a, ref b, ref c, ref d, Gather(ref m, ref s, 8), Gather(ref m, ref s, 9), rotate24, rotate16);
            b = Avx2.Permute4x64(b, 0b10_01_00_11);
            c = Avx2.Permute4x64(c, 0b01_00_11_10);
            d = Avx2.Permute4x64(d, 0b00_11_10_01);
        }

        (a0 ^ a ^ c).StoreUnsafe(ref h);
        (b0 ^ b ^ d).StoreUnsafe(ref h, 4);
    }

    /// <summary>
    /// The same with AVX-512: one permutation brings all eight words of a half round, and a rotation is one instruction. The row b, which is ready last, stays
    /// where it is; the other three are turned against it, so that turning costs no time.
    /// </summary>
    internal static void CompressAvx512(Span<ulong> state, ReadOnlySpan<byte> block, ulong count, bool last)
    {
        ref ulong h = ref MemoryMarshal.GetReference(state[..8]);
        ref byte message = ref MemoryMarshal.GetReference(block[..BlockBytes]);
        ref ulong iv = ref MemoryMarshal.GetArrayDataReference(InitialWords);
        Vector512<ulong> low = Vector512.LoadUnsafe(ref message).AsUInt64();
        Vector512<ulong> high = Vector512.LoadUnsafe(ref message, 64).AsUInt64();
        Vector256<ulong> a = Vector256.LoadUnsafe(ref h);
        Vector256<ulong> b = Vector256.LoadUnsafe(ref h, 4);
        Vector256<ulong> c = Vector256.LoadUnsafe(ref iv);
        Vector256<ulong> d = Vector256.LoadUnsafe(ref iv, 4) ^ Vector256.Create(count, 0, last ? ulong.MaxValue : 0, 0);
        Vector256<ulong> a0 = a;
        Vector256<ulong> b0 = b;
        ref ulong order = ref MemoryMarshal.GetArrayDataReference(HalfRoundOrder);
        for (int round = 0; round < 12; round++, order = ref Unsafe.Add(ref order, 16))
        {
            Vector512<ulong> words = Avx512F.PermuteVar8x64x2(low, Vector512.LoadUnsafe(ref order), high);
            HalfRound(ref a, ref b, ref c, ref d, words.GetLower(), words.GetUpper());
            a = Avx2.Permute4x64(a, 0b10_01_00_11);
            d = Avx2.Permute4x64(d, 0b01_00_11_10);
            c = Avx2.Permute4x64(c, 0b00_11_10_01);
            words = Avx512F.PermuteVar8x64x2(low, Vector512.LoadUnsafe(ref order, 8), high);
            HalfRound(ref a, ref b, ref c, ref d, words.GetLower(), words.GetUpper());
            a = Avx2.Permute4x64(a, 0b00_11_10_01);
            d = Avx2.Permute4x64(d, 0b01_00_11_10);
            c = Avx2.Permute4x64(c, 0b10_01_00_11);
        }

        (a0 ^ a ^ c).StoreUnsafe(ref h);
        (b0 ^ b ^ d).StoreUnsafe(ref h, 4);
    }

    /// <summary>The order of the message's words in round <paramref name="round"/>.</summary>
    internal static ReadOnlySpan<byte> OrderOf(int round) => Sigma.Slice(16 * round, 16);

    /// <summary>
    /// For each half round which words of the message go into the four columns (or diagonals): first those mixed in first. The diagonals are one place
    /// further on, because the row b is not turned.
    /// </summary>
    private static ulong[] MakeHalfRoundOrder()
    {
        ulong[] order = new ulong[12 * 16];
        for (int round = 0; round < 12; round++)
        {
            for (int i = 0; i < 4; i++)
            {
                int diagonal = (i + 3) % 4;
                order[(16 * round) + i] = Sigma[(16 * round) + (2 * i)];
                order[(16 * round) + 4 + i] = Sigma[(16 * round) + (2 * i) + 1];
                order[(16 * round) + 8 + i] = Sigma[(16 * round) + 8 + (2 * diagonal)];
                order[(16 * round) + 12 + i] = Sigma[(16 * round) + 8 + (2 * diagonal) + 1];
            }
        }

        return order;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void HalfRound(
        ref Vector256<ulong> a, ref Vector256<ulong> b, ref Vector256<ulong> c, ref Vector256<ulong> d, Vector256<ulong> x, Vector256<ulong> y)
    {
        // b is ready last: the other addition goes first.
        a = (a + x) + b;
        d = Avx512F.VL.RotateRight(d ^ a, 32);
        c += d;
        b = Avx512F.VL.RotateRight(b ^ c, 24);
        a = (a + y) + b;
        d = Avx512F.VL.RotateRight(d ^ a, 16);
        c += d;
        b = Avx512F.VL.RotateRight(b ^ c, 63);
    }

    /// <summary>Every second word of the permuted message, from <paramref name="first"/> on: what the four columns (or diagonals) mix in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Gather(ref ulong m, ref byte s, int first) => Vector256.Create(
        Unsafe.Add(ref m, Unsafe.Add(ref s, first)),
        Unsafe.Add(ref m, Unsafe.Add(ref s, first + 2)),
        Unsafe.Add(ref m, Unsafe.Add(ref s, first + 4)),
        Unsafe.Add(ref m, Unsafe.Add(ref s, first + 6)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void HalfRound(
        ref Vector256<ulong> a,
        ref Vector256<ulong> b,
        ref Vector256<ulong> c,
        ref Vector256<ulong> d,
        Vector256<ulong> x,
        Vector256<ulong> y,
        Vector256<byte> rotate24,
        Vector256<byte> rotate16)
    {
        a += b + x;
        d = Avx2.Shuffle((d ^ a).AsUInt32(), 0b10_11_00_01).AsUInt64();
        c += d;
        b = Avx2.Shuffle((b ^ c).AsByte(), rotate24).AsUInt64();
        a += b + y;
        d = Avx2.Shuffle((d ^ a).AsByte(), rotate16).AsUInt64();
        c += d;
        b ^= c;
        b = Vector256.ShiftRightLogical(b, 63) ^ (b + b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(ref ulong a, ref ulong b, ref ulong c, ref ulong d, ulong x, ulong y)
    {
        a += b + x;
        d = ulong.RotateRight(d ^ a, 32);
        c += d;
        b = ulong.RotateRight(b ^ c, 24);
        a += b + y;
        d = ulong.RotateRight(d ^ a, 16);
        c += d;
        b = ulong.RotateRight(b ^ c, 63);
    }
}
