using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Reactive.Network.Chain;

/// <summary>Blake2b-256 of many messages side by side: a word of the state of each in one vector, eight messages with AVX-512, four with AVX2.</summary>
/// <remarks>
/// The messages may have any lengths: a lane whose message is over takes the next one. When no more than two are left they are finished one by one, which is
/// faster then. Nothing is allocated.
/// </remarks>
internal static class Blake2b256Many
{
    private const int Words = 8;
    private const int MaxLanes = 8;

    /// <summary>With so few messages left a vector each is faster.</summary>
    private const int FewLanes = 2;

    /// <summary>Messages side by side on this machine; 1 without vectors.</summary>
    internal static int Lanes => Avx512F.IsSupported ? 8 : Avx2.IsSupported ? 4 : 1;

    /// <summary>The hash of each message.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="hashes">As long as <paramref name="messages"/>.</param>
    public static void Hash(ReadOnlySpan<ReadOnlyMemory<byte>> messages, Span<BlockHash> hashes) => Hash(messages, hashes, Lanes);

    /// <inheritdoc cref="Hash(ReadOnlySpan{ReadOnlyMemory{byte}}, Span{BlockHash})"/>
    /// <param name="messages">The messages.</param>
    /// <param name="hashes">As long as <paramref name="messages"/>.</param>
    /// <param name="lanes">8, 4 or 1.</param>
    internal static void Hash(ReadOnlySpan<ReadOnlyMemory<byte>> messages, Span<BlockHash> hashes, int lanes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(hashes.Length, messages.Length);
        if (messages.Length <= FewLanes || lanes == 1 || !BitConverter.IsLittleEndian)
        {
            for (int i = 0; i < messages.Length; i++)
            {
                hashes[i] = Blake2b256.Hash(messages[i].Span);
            }

            return;
        }

        var work = new Work { Lanes = lanes };
        int next = 0;
        int active = 0;
        for (int lane = 0; lane < lanes && next < messages.Length; lane++, active++)
        {
            work.Begin(lane, next++);
        }

        while (active > FewLanes)
        {
            work.Step(messages);
            for (int lane = 0; lane < lanes; lane++)
            {
                if (!work.IsOver(lane, messages))
                {
                    continue;
                }

                hashes[work.Message[lane]] = work.HashOf(lane);
                if (next < messages.Length)
                {
                    work.Begin(lane, next++);
                }
                else
                {
                    work.Message[lane] = Work.None;
                    active--;
                }
            }
        }

        for (int lane = 0; lane < lanes; lane++)
        {
            if (work.Message[lane] != Work.None)
            {
                hashes[work.Message[lane]] = work.Finish(lane, messages);
            }
        }
    }

    [InlineArray(Words * MaxLanes)]
    private struct LaneWords
    {
        private ulong _first;
    }

    [InlineArray(MaxLanes)]
    private struct PerLane
    {
        private int _first;
    }

    [InlineArray(16 * MaxLanes)]
    private struct MessageWords
    {
        private ulong _first;
    }

    /// <summary>What the lanes are at. About 2 KB, on the stack.</summary>
    private struct Work
    {
        /// <summary>The lane has nothing to do.</summary>
        public const int None = -1;

        /// <summary>The message of each lane.</summary>
        public PerLane Message;

        /// <summary>How far each lane is in its message.</summary>
        private PerLane _at;

        /// <summary>Word by word, the lanes side by side.</summary>
        private LaneWords _state;
        private MessageWords _words;
        private int _lanes;

        public int Lanes
        {
            readonly get => _lanes;
            set
            {
                _lanes = value;
                ((Span<int>)Message).Fill(None);
            }
        }

        public void Begin(int lane, int message)
        {
            Message[lane] = message;
            _at[lane] = 0;
            for (int word = 0; word < Words; word++)
            {
                _state[(word * _lanes) + lane] = Blake2bCompression.Iv[word];
            }

            _state[lane] ^= 0x01010000 ^ BlockHash.Size;
        }

        /// <summary>Whether the last block of the lane's message was mixed in.</summary>
        public readonly bool IsOver(int lane, ReadOnlySpan<ReadOnlyMemory<byte>> messages) =>
            Message[lane] != None && _at[lane] > 0 && _at[lane] >= messages[Message[lane]].Length;

        public readonly BlockHash HashOf(int lane)
        {
            Span<byte> hash = stackalloc byte[BlockHash.Size];
            for (int word = 0; word < BlockHash.Size / sizeof(ulong); word++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(hash[(word * sizeof(ulong))..], _state[(word * _lanes) + lane]);
            }

            return new BlockHash(hash);
        }

        /// <summary>The rest of a lane's message, alone.</summary>
        public readonly BlockHash Finish(int lane, ReadOnlySpan<ReadOnlyMemory<byte>> messages)
        {
            Span<ulong> state = stackalloc ulong[Words];
            for (int word = 0; word < Words; word++)
            {
                state[word] = _state[(word * _lanes) + lane];
            }

            var rest = new Blake2b256State(state, (ulong)_at[lane]);
            rest.Append(messages[Message[lane]].Span[_at[lane]..]);
            return rest.Finish();
        }

        /// <summary>One block of each lane.</summary>
        public void Step(ReadOnlySpan<ReadOnlyMemory<byte>> messages)
        {
            Span<ulong> counts = stackalloc ulong[MaxLanes];
            Span<ulong> lasts = stackalloc ulong[MaxLanes];
            Span<byte> padded = stackalloc byte[MaxLanes * Blake2bCompression.BlockBytes];
            counts.Clear();
            lasts.Clear();
            Span<ulong> words = _words;
            for (int lane = 0; lane < _lanes; lane++)
            {
                Span<byte> pad = padded.Slice(lane * Blake2bCompression.BlockBytes, Blake2bCompression.BlockBytes);
                ReadOnlySpan<byte> rest = Message[lane] == None ? default : messages[Message[lane]].Span[_at[lane]..];
                int taken = Math.Min(rest.Length, Blake2bCompression.BlockBytes);
                rest[..taken].CopyTo(pad);
                pad[taken..].Clear();
                _at[lane] += taken;
                counts[lane] = (ulong)_at[lane];
                lasts[lane] = taken == rest.Length ? ulong.MaxValue : 0;
                if (rest.IsEmpty)
                {
                    // An empty message, or an empty lane: over with this block.
                    _at[lane] = Math.Max(_at[lane], 1);
                }
            }

            if (_lanes == 8)
            {
                Transpose8(padded, words);
                Compress8(_state, words, counts, lasts);
            }
            else
            {
                Transpose4(padded, words);
                Compress4(_state, words, counts, lasts);
            }
        }
    }

    /// <summary>From a block per lane to a vector per word.</summary>
    private static void Transpose8(ReadOnlySpan<byte> blocks, Span<ulong> words)
    {
        ref byte from = ref MemoryMarshal.GetReference(blocks);
        ref ulong to = ref MemoryMarshal.GetReference(words);
        for (int half = 0; half < 2; half++)
        {
            nuint at = (nuint)(half * 64);
            Vector512<ulong> r0 = Vector512.LoadUnsafe(ref from, at).AsUInt64();
            Vector512<ulong> r1 = Vector512.LoadUnsafe(ref from, at + 128).AsUInt64();
            Vector512<ulong> r2 = Vector512.LoadUnsafe(ref from, at + 256).AsUInt64();
            Vector512<ulong> r3 = Vector512.LoadUnsafe(ref from, at + 384).AsUInt64();
            Vector512<ulong> r4 = Vector512.LoadUnsafe(ref from, at + 512).AsUInt64();
            Vector512<ulong> r5 = Vector512.LoadUnsafe(ref from, at + 640).AsUInt64();
            Vector512<ulong> r6 = Vector512.LoadUnsafe(ref from, at + 768).AsUInt64();
            Vector512<ulong> r7 = Vector512.LoadUnsafe(ref from, at + 896).AsUInt64();

            // Pairs of words, then of pairs, then of fours.
            Vector512<ulong> a0 = Avx512F.UnpackLow(r0, r1);
            Vector512<ulong> a1 = Avx512F.UnpackHigh(r0, r1);
            Vector512<ulong> a2 = Avx512F.UnpackLow(r2, r3);
            Vector512<ulong> a3 = Avx512F.UnpackHigh(r2, r3);
            Vector512<ulong> a4 = Avx512F.UnpackLow(r4, r5);
            Vector512<ulong> a5 = Avx512F.UnpackHigh(r4, r5);
            Vector512<ulong> a6 = Avx512F.UnpackLow(r6, r7);
            Vector512<ulong> a7 = Avx512F.UnpackHigh(r6, r7);
            Fours(a0, a2, a4, a6, ref Unsafe.Add(ref to, half * 64));
            Fours(a1, a3, a5, a7, ref Unsafe.Add(ref to, (half * 64) + 8));
        }

        // Lanes of 128 bits: words 0, 2, 4, 6 (or the odd ones) of the pairs of rows come in as [w0 w2 w4 w6].
        static void Fours(Vector512<ulong> p, Vector512<ulong> q, Vector512<ulong> r, Vector512<ulong> s, ref ulong to)
        {
            Vector512<ulong> pq02 = Avx512F.Shuffle4x128(p, q, 0b01_00_01_00);
            Vector512<ulong> pq46 = Avx512F.Shuffle4x128(p, q, 0b11_10_11_10);
            Vector512<ulong> rs02 = Avx512F.Shuffle4x128(r, s, 0b01_00_01_00);
            Vector512<ulong> rs46 = Avx512F.Shuffle4x128(r, s, 0b11_10_11_10);
            Avx512F.Shuffle4x128(pq02, rs02, 0b10_00_10_00).StoreUnsafe(ref to);
            Avx512F.Shuffle4x128(pq02, rs02, 0b11_01_11_01).StoreUnsafe(ref to, 16);
            Avx512F.Shuffle4x128(pq46, rs46, 0b10_00_10_00).StoreUnsafe(ref to, 32);
            Avx512F.Shuffle4x128(pq46, rs46, 0b11_01_11_01).StoreUnsafe(ref to, 48);
        }
    }

    private static void Transpose4(ReadOnlySpan<byte> blocks, Span<ulong> words)
    {
        ref byte from = ref MemoryMarshal.GetReference(blocks);
        ref ulong to = ref MemoryMarshal.GetReference(words);
        for (int quarter = 0; quarter < 4; quarter++)
        {
            nuint at = (nuint)(quarter * 32);
            Vector256<ulong> r0 = Vector256.LoadUnsafe(ref from, at).AsUInt64();
            Vector256<ulong> r1 = Vector256.LoadUnsafe(ref from, at + 128).AsUInt64();
            Vector256<ulong> r2 = Vector256.LoadUnsafe(ref from, at + 256).AsUInt64();
            Vector256<ulong> r3 = Vector256.LoadUnsafe(ref from, at + 384).AsUInt64();
            Vector256<ulong> even01 = Avx2.UnpackLow(r0, r1);
            Vector256<ulong> odd01 = Avx2.UnpackHigh(r0, r1);
            Vector256<ulong> even23 = Avx2.UnpackLow(r2, r3);
            Vector256<ulong> odd23 = Avx2.UnpackHigh(r2, r3);
            ref ulong out0 = ref Unsafe.Add(ref to, quarter * 16);
            Avx2.Permute2x128(even01, even23, 0x20).StoreUnsafe(ref out0);
            Avx2.Permute2x128(odd01, odd23, 0x20).StoreUnsafe(ref out0, 4);
            Avx2.Permute2x128(even01, even23, 0x31).StoreUnsafe(ref out0, 8);
            Avx2.Permute2x128(odd01, odd23, 0x31).StoreUnsafe(ref out0, 12);
        }
    }

    private static void Compress8(Span<ulong> state, ReadOnlySpan<ulong> words, ReadOnlySpan<ulong> counts, ReadOnlySpan<ulong> lasts)
    {
        ref ulong h = ref MemoryMarshal.GetReference(state);
        ref ulong m = ref MemoryMarshal.GetReference(words);
        ReadOnlySpan<ulong> iv = Blake2bCompression.Iv;
        Vector512<ulong> v0 = Vector512.LoadUnsafe(ref h, 0);
        Vector512<ulong> v1 = Vector512.LoadUnsafe(ref h, 8);
        Vector512<ulong> v2 = Vector512.LoadUnsafe(ref h, 16);
        Vector512<ulong> v3 = Vector512.LoadUnsafe(ref h, 24);
        Vector512<ulong> v4 = Vector512.LoadUnsafe(ref h, 32);
        Vector512<ulong> v5 = Vector512.LoadUnsafe(ref h, 40);
        Vector512<ulong> v6 = Vector512.LoadUnsafe(ref h, 48);
        Vector512<ulong> v7 = Vector512.LoadUnsafe(ref h, 56);
        Vector512<ulong> v8 = Vector512.Create(iv[0]);
        Vector512<ulong> v9 = Vector512.Create(iv[1]);
        Vector512<ulong> v10 = Vector512.Create(iv[2]);
        Vector512<ulong> v11 = Vector512.Create(iv[3]);
        Vector512<ulong> v12 = Vector512.Create(iv[4]) ^ Vector512.Create(counts);
        Vector512<ulong> v13 = Vector512.Create(iv[5]);
        Vector512<ulong> v14 = Vector512.Create(iv[6]) ^ Vector512.Create(lasts);
        Vector512<ulong> v15 = Vector512.Create(iv[7]);
        ref byte s = ref MemoryMarshal.GetReference(Blake2bCompression.OrderOf(0));
        for (int round = 0; round < 12; round++, s = ref Unsafe.Add(ref s, 16))
        {
            Mix(ref v0, ref v4, ref v8, ref v12, Word(ref m, ref s, 0), Word(ref m, ref s, 1));
            Mix(ref v1, ref v5, ref v9, ref v13, Word(ref m, ref s, 2), Word(ref m, ref s, 3));
            Mix(ref v2, ref v6, ref v10, ref v14, Word(ref m, ref s, 4), Word(ref m, ref s, 5));
            Mix(ref v3, ref v7, ref v11, ref v15, Word(ref m, ref s, 6), Word(ref m, ref s, 7));
            Mix(ref v0, ref v5, ref v10, ref v15, Word(ref m, ref s, 8), Word(ref m, ref s, 9));
            Mix(ref v1, ref v6, ref v11, ref v12, Word(ref m, ref s, 10), Word(ref m, ref s, 11));
            Mix(ref v2, ref v7, ref v8, ref v13, Word(ref m, ref s, 12), Word(ref m, ref s, 13));
            Mix(ref v3, ref v4, ref v9, ref v14, Word(ref m, ref s, 14), Word(ref m, ref s, 15));
        }

        (Vector512.LoadUnsafe(ref h, 0) ^ v0 ^ v8).StoreUnsafe(ref h, 0);
        (Vector512.LoadUnsafe(ref h, 8) ^ v1 ^ v9).StoreUnsafe(ref h, 8);
        (Vector512.LoadUnsafe(ref h, 16) ^ v2 ^ v10).StoreUnsafe(ref h, 16);
        (Vector512.LoadUnsafe(ref h, 24) ^ v3 ^ v11).StoreUnsafe(ref h, 24);
        (Vector512.LoadUnsafe(ref h, 32) ^ v4 ^ v12).StoreUnsafe(ref h, 32);
        (Vector512.LoadUnsafe(ref h, 40) ^ v5 ^ v13).StoreUnsafe(ref h, 40);
        (Vector512.LoadUnsafe(ref h, 48) ^ v6 ^ v14).StoreUnsafe(ref h, 48);
        (Vector512.LoadUnsafe(ref h, 56) ^ v7 ^ v15).StoreUnsafe(ref h, 56);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector512<ulong> Word(ref ulong m, ref byte s, int i) => Vector512.LoadUnsafe(ref m, (nuint)(8 * Unsafe.Add(ref s, i)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Mix(
            ref Vector512<ulong> a, ref Vector512<ulong> b, ref Vector512<ulong> c, ref Vector512<ulong> d, Vector512<ulong> x, Vector512<ulong> y)
        {
            a = (a + x) + b;
            d = Avx512F.RotateRight(d ^ a, 32);
            c += d;
            b = Avx512F.RotateRight(b ^ c, 24);
            a = (a + y) + b;
            d = Avx512F.RotateRight(d ^ a, 16);
            c += d;
            b = Avx512F.RotateRight(b ^ c, 63);
        }
    }

    private static void Compress4(Span<ulong> state, ReadOnlySpan<ulong> words, ReadOnlySpan<ulong> counts, ReadOnlySpan<ulong> lasts)
    {
        ref ulong h = ref MemoryMarshal.GetReference(state);
        ref ulong m = ref MemoryMarshal.GetReference(words);
        ReadOnlySpan<ulong> iv = Blake2bCompression.Iv;
        Vector256<ulong> v0 = Vector256.LoadUnsafe(ref h, 0);
        Vector256<ulong> v1 = Vector256.LoadUnsafe(ref h, 4);
        Vector256<ulong> v2 = Vector256.LoadUnsafe(ref h, 8);
        Vector256<ulong> v3 = Vector256.LoadUnsafe(ref h, 12);
        Vector256<ulong> v4 = Vector256.LoadUnsafe(ref h, 16);
        Vector256<ulong> v5 = Vector256.LoadUnsafe(ref h, 20);
        Vector256<ulong> v6 = Vector256.LoadUnsafe(ref h, 24);
        Vector256<ulong> v7 = Vector256.LoadUnsafe(ref h, 28);
        Vector256<ulong> v8 = Vector256.Create(iv[0]);
        Vector256<ulong> v9 = Vector256.Create(iv[1]);
        Vector256<ulong> v10 = Vector256.Create(iv[2]);
        Vector256<ulong> v11 = Vector256.Create(iv[3]);
        Vector256<ulong> v12 = Vector256.Create(iv[4]) ^ Vector256.Create(counts);
        Vector256<ulong> v13 = Vector256.Create(iv[5]);
        Vector256<ulong> v14 = Vector256.Create(iv[6]) ^ Vector256.Create(lasts);
        Vector256<ulong> v15 = Vector256.Create(iv[7]);
        ref byte s = ref MemoryMarshal.GetReference(Blake2bCompression.OrderOf(0));
        for (int round = 0; round < 12; round++, s = ref Unsafe.Add(ref s, 16))
        {
            Mix(ref v0, ref v4, ref v8, ref v12, Word(ref m, ref s, 0), Word(ref m, ref s, 1));
            Mix(ref v1, ref v5, ref v9, ref v13, Word(ref m, ref s, 2), Word(ref m, ref s, 3));
            Mix(ref v2, ref v6, ref v10, ref v14, Word(ref m, ref s, 4), Word(ref m, ref s, 5));
            Mix(ref v3, ref v7, ref v11, ref v15, Word(ref m, ref s, 6), Word(ref m, ref s, 7));
            Mix(ref v0, ref v5, ref v10, ref v15, Word(ref m, ref s, 8), Word(ref m, ref s, 9));
            Mix(ref v1, ref v6, ref v11, ref v12, Word(ref m, ref s, 10), Word(ref m, ref s, 11));
            Mix(ref v2, ref v7, ref v8, ref v13, Word(ref m, ref s, 12), Word(ref m, ref s, 13));
            Mix(ref v3, ref v4, ref v9, ref v14, Word(ref m, ref s, 14), Word(ref m, ref s, 15));
        }

        (Vector256.LoadUnsafe(ref h, 0) ^ v0 ^ v8).StoreUnsafe(ref h, 0);
        (Vector256.LoadUnsafe(ref h, 4) ^ v1 ^ v9).StoreUnsafe(ref h, 4);
        (Vector256.LoadUnsafe(ref h, 8) ^ v2 ^ v10).StoreUnsafe(ref h, 8);
        (Vector256.LoadUnsafe(ref h, 12) ^ v3 ^ v11).StoreUnsafe(ref h, 12);
        (Vector256.LoadUnsafe(ref h, 16) ^ v4 ^ v12).StoreUnsafe(ref h, 16);
        (Vector256.LoadUnsafe(ref h, 20) ^ v5 ^ v13).StoreUnsafe(ref h, 20);
        (Vector256.LoadUnsafe(ref h, 24) ^ v6 ^ v14).StoreUnsafe(ref h, 24);
        (Vector256.LoadUnsafe(ref h, 28) ^ v7 ^ v15).StoreUnsafe(ref h, 28);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<ulong> Word(ref ulong m, ref byte s, int i) => Vector256.LoadUnsafe(ref m, (nuint)(4 * Unsafe.Add(ref s, i)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Mix(
            ref Vector256<ulong> a, ref Vector256<ulong> b, ref Vector256<ulong> c, ref Vector256<ulong> d, Vector256<ulong> x, Vector256<ulong> y)
        {
            a = (a + x) + b;
            d = Vector256.Shuffle((d ^ a).AsUInt32(), Vector256.Create(1u, 0, 3, 2, 5, 4, 7, 6)).AsUInt64();
            c += d;
            b ^= c;
            b = (b >>> 24) | (b << 40);
            a = (a + y) + b;
            d ^= a;
            d = (d >>> 16) | (d << 48);
            c += d;
            b ^= c;
            b = (b >>> 63) | (b + b);
        }
    }
}
