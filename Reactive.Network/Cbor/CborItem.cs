using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Reactive.Network.Cbor;

/// <summary>Measures items that are whole in memory: the counterpart of <see cref="CborItemScanner"/> where nothing has to be resumed.</summary>
internal static class CborItem
{
    private const int OnStack = 64;

    /// <summary>No more of them, one inside the other or not, so that none is deeper than any scanner allows.</summary>
    private const int MostContainers = 16;

    /// <summary>Reads the head that <paramref name="bytes"/> start with.</summary>
    /// <param name="bytes">Where the item starts.</param>
    /// <param name="initial">Its first byte.</param>
    /// <param name="argument">The value, length, count or tag; 0 for indefinite length.</param>
    /// <returns>The length of the head, or 0 if it is cut off.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int ReadHead(ReadOnlySpan<byte> bytes, out byte initial, out ulong argument)
    {
        argument = 0;
        initial = 0;
        if (bytes.IsEmpty)
        {
            return 0;
        }

        initial = bytes[0];
        int information = CborHead.Information(initial);
        if (information < 24)
        {
            argument = (ulong)information;
            return 1;
        }

        return ReadLongHead(bytes, information, out argument);
    }

    private static int ReadLongHead(ReadOnlySpan<byte> bytes, int information, out ulong argument)
    {
        int size = CborHead.ArgumentBytes(information);
        argument = 0;
        if (bytes.Length <= size)
        {
            return 0;
        }

        if (bytes.Length > sizeof(ulong))
        {
            // Eight bytes at once, of which those behind the argument are shifted out: no branch on its size. A shift by 64 would be one by 0.
            argument = size == 0 ? 0 : BinaryPrimitives.ReadUInt64BigEndian(bytes[1..]) >> (64 - (8 * size));
            return 1 + size;
        }

        for (int i = 1; i <= size; i++)
        {
            argument = (argument << 8) | bytes[i];
        }

        return 1 + size;
    }

    /// <summary>
    /// Finds the end of the item that <paramref name="bytes"/> start with, if it is of the usual kind and whole: everything of definite length, few containers, at
    /// most <paramref name="most"/> bytes. The way in which nearly every message goes.
    /// </summary>
    /// <returns><see langword="false"/> says nothing: ask <see cref="CborItemScanner"/>. <see langword="true"/> says what that would.</returns>
    internal static bool TryMeasureUsual(ReadOnlySpan<byte> bytes, int most, out int length)
    {
        int at = 0;
        int containers = 0;
        uint owed = 1;
        length = 0;
        while (owed != 0)
        {
            if ((uint)at >= (uint)bytes.Length)
            {
                return false;
            }

            byte initial = bytes[at];
            int information = CborHead.Information(initial);
            ulong argument = (ulong)information;
            int head = 1;
            if (information >= CborHead.InHead)
            {
                if (information > 27 || bytes.Length - at <= sizeof(ulong))
                {
                    return false;
                }

                // Eight bytes at once, of which those behind the argument are shifted out.
                int size = 1 << (information - CborHead.InHead);
                argument = BinaryPrimitives.ReadUInt64BigEndian(bytes[(at + 1)..]) >> (64 - (8 * size));
                head += size;
            }

            at += head;
            ulong left = (ulong)(bytes.Length - at);
            switch (CborHead.Major(initial))
            {
                case CborMajor.UnsignedInteger or CborMajor.NegativeInteger:
                    owed--;
                    break;
                case CborMajor.ByteString or CborMajor.TextString:
                    if (argument > left)
                    {
                        return false;
                    }

                    at += (int)argument;
                    owed--;
                    break;
                case CborMajor.Array or CborMajor.Map:
                    if (argument > left || ++containers > MostContainers)
                    {
                        return false;
                    }

                    owed += (CborHead.Major(initial) == CborMajor.Array ? (uint)argument : 2 * (uint)argument) - 1;
                    break;
                case CborMajor.Simple:
                    if (information == CborHead.InHead)
                    {
                        return false;
                    }

                    owed--;
                    break;
            }
        }

        length = at;
        return at <= most;
    }

    /// <summary>Finds the end of the item that <paramref name="bytes"/> start with.</summary>
    /// <remarks>
    /// Linear, without recursion, and without a limit on depth: definite containers need no memory at all, only a count of the items still owed,
    /// and each open container of indefinite length four bytes (from the pool beyond 64 of them). So a deep item costs at most
    /// four bytes per byte that it really has.
    /// </remarks>
    /// <param name="bytes">The item, and whatever follows it.</param>
    /// <param name="length">
    /// With <see cref="OperationStatus.Done"/> the length of the item; with <see cref="OperationStatus.InvalidData"/> where the head is that is wrong.
    /// </param>
    /// <param name="defect">What is wrong.</param>
    /// <returns><see cref="OperationStatus.NeedMoreData"/> where the item is cut off, or claims more than there is.</returns>
    internal static OperationStatus Measure(ReadOnlySpan<byte> bytes, out int length, out CborDefect defect)
    {
        Span<uint> onStack = stackalloc uint[OnStack];
        Walk walk = new(onStack);
        OperationStatus status = walk.Run(bytes, out defect);
        length = walk.Position;
        walk.Return();
        return status;
    }

    /// <summary>One measurement. Inside the innermost indefinite-length container <c>_owed</c> counts the items that must come before it can end.</summary>
    private ref struct Walk(Span<uint> outer)
    {
        private Span<uint> _outer = outer;
        private uint[]? _rented;
        private int _depth;
        private uint _owed = 1;
        private bool _inMap;

        public int Position { get; private set; }

        public OperationStatus Run(ReadOnlySpan<byte> bytes, out CborDefect defect)
        {
            defect = CborDefect.None;
            while (_owed != 0 || _depth != 0)
            {
                ReadOnlySpan<byte> rest = bytes[Position..];
                int head = ReadHead(rest, out byte initial, out ulong argument);
                if (head == 0)
                {
                    return OperationStatus.NeedMoreData;
                }

                if (initial == CborHead.Break)
                {
                    if (_owed != 0)
                    {
                        defect = CborDefect.UnexpectedBreak;
                        return OperationStatus.InvalidData;
                    }

                    uint outer = _outer[--_depth];
                    (_owed, _inMap) = (outer >> 1, (outer & 1) != 0);
                    Position++;
                    continue;
                }

                if (_owed == 0)
                {
                    // At the top of an indefinite-length container: one more element, or a key and its value.
                    _owed = _inMap ? 2u : 1u;
                }

                _owed--;
                OperationStatus status = Take(rest, head, initial, argument, ref defect);
                if (status != OperationStatus.Done)
                {
                    return status;
                }
            }

            return OperationStatus.Done;
        }

        public readonly void Return()
        {
            if (_rented is not null)
            {
                ArrayPool<uint>.Shared.Return(_rented);
            }
        }

        private OperationStatus Take(ReadOnlySpan<byte> rest, int head, byte initial, ulong argument, ref CborDefect defect)
        {
            ulong left = (ulong)(rest.Length - head);
            int information = CborHead.Information(initial);
            bool indefinite = information == CborHead.Indefinite;
            CborMajor major = CborHead.Major(initial);
            if (CborHead.IsReserved(initial) || (major == CborMajor.Simple && information == 24 && argument <= CborHead.LastOneByteSimple))
            {
                defect = CborDefect.ReservedHead;
                return OperationStatus.InvalidData;
            }

            switch (major)
            {
                case CborMajor.ByteString or CborMajor.TextString when indefinite:
                    return TakeChunks(rest, major, ref defect);
                case CborMajor.ByteString or CborMajor.TextString:
                    if (argument > left)
                    {
                        return OperationStatus.NeedMoreData;
                    }

                    Position += head + (int)argument;
                    return OperationStatus.Done;
                case CborMajor.Array or CborMajor.Map when indefinite:
                    Push();
                    _owed = 0;
                    _inMap = major == CborMajor.Map;
                    break;
                case CborMajor.Array or CborMajor.Map:
                    // Each item has at least one byte, so what is owed never exceeds the bytes at hand and cannot overflow.
                    ulong items = major == CborMajor.Array ? argument : argument > left ? ulong.MaxValue : 2 * argument;
                    if (items > left || _owed + items > left)
                    {
                        return OperationStatus.NeedMoreData;
                    }

                    _owed += (uint)items;
                    break;
                case CborMajor.Tag:
                    _owed++;
                    break;
            }

            Position += head;
            return OperationStatus.Done;
        }

        private OperationStatus TakeChunks(ReadOnlySpan<byte> rest, CborMajor major, ref CborDefect defect)
        {
            int start = Position;
            Position++;
            while (true)
            {
                ReadOnlySpan<byte> chunk = rest[(Position - start)..];
                int head = ReadHead(chunk, out byte initial, out ulong argument);
                if (head == 0)
                {
                    return OperationStatus.NeedMoreData;
                }

                if (initial == CborHead.Break)
                {
                    Position++;
                    return OperationStatus.Done;
                }

                if (CborHead.Major(initial) != major || CborHead.Information(initial) > 27)
                {
                    defect = CborHead.IsReserved(initial) ? CborDefect.ReservedHead : CborDefect.WrongChunk;
                    return OperationStatus.InvalidData;
                }

                if (argument > (ulong)(chunk.Length - head))
                {
                    return OperationStatus.NeedMoreData;
                }

                Position += head + (int)argument;
            }
        }

        private void Push()
        {
            if (_depth == _outer.Length)
            {
                uint[] longer = ArrayPool<uint>.Shared.Rent(2 * _outer.Length);
                _outer.CopyTo(longer);
                Return();
                _rented = longer;
                _outer = longer;
            }

            _outer[_depth++] = (_owed << 1) | (_inMap ? 1u : 0u);
        }
    }
}
