using System.Buffers;

namespace Reactive.Network.Cbor;

/// <summary>
/// Finds the end of one CBOR item in bytes that come in pieces, cut anywhere. Keeps its place, so that no byte is looked at twice, and
/// never throws: "more is needed" and "this is wrong" are answers.
/// </summary>
/// <remarks>
/// <para>It knows at every moment the least length that the item can have (each element that is still owed has at least one byte), and
/// refuses the item as <see cref="CborDefect.TooLong"/> as soon as that exceeds the limit: a claimed length of 2^60 costs nothing.</para>
/// <para>A mutable struct: keep it in a field, do not copy it. It holds a small array for the open containers once there was one, and uses it
/// again after <see cref="Reset"/>.</para>
/// </remarks>
public struct CborItemScanner
{
    // What the innermost open container still takes: so many items, or, for one of indefinite length, these.
    private const long ArrayElements = -1;
    private const long MapKey = -2;
    private const long MapValue = -3;

    // Room for one more head, so that the sum of all claims cannot overflow before it is compared with the limit.
    private const long Headroom = 16;

    private readonly long _maxBytes;
    private readonly int _maxDepth;
    private long[]? _outer;
    private int _depth;
    private long _open;
    private long _least;
    private long _scanned;
    private long _stringLeft;
    private ulong _argument;
    private int _argumentLeft;
    private byte _initial;
    private byte _chunks;
    private bool _tagged;
    private bool _done;
    private CborDefect _defect;

    /// <summary>A scanner at the start of an item.</summary>
    /// <param name="maxBytes">The longest item allowed, in bytes.</param>
    /// <param name="maxDepth">The most containers allowed inside one another.</param>
    public CborItemScanner(long maxBytes, int maxDepth = 64)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(maxDepth);
        _maxBytes = Math.Min(maxBytes, long.MaxValue - Headroom);
        _maxDepth = maxDepth;
        Reset();
    }

    /// <summary>The bytes of the current item seen so far; where <see cref="Defect"/> is set, the one that is wrong is the last of them.</summary>
    public readonly long ScannedBytes => _scanned;

    /// <summary>How many more bytes the item has at the least: exact once only definite-length strings are left. 0 at its end.</summary>
    public readonly long MinimumRemaining => _least - _scanned;

    /// <summary>What is wrong with the item, after <see cref="OperationStatus.InvalidData"/>.</summary>
    public readonly CborDefect Defect => _defect;

    /// <summary>Goes to the start of the next item.</summary>
    public void Reset()
    {
        _depth = 0;
        _open = 1;
        _least = 1;
        _scanned = 0;
        _stringLeft = 0;
        _argumentLeft = 0;
        _chunks = 0;
        _tagged = false;
        _done = false;
        _defect = CborDefect.None;
    }

    /// <summary>Looks at the next bytes of the item.</summary>
    /// <param name="bytes">The bytes that follow those of the last call.</param>
    /// <param name="consumed">How many of them belong to the item.</param>
    /// <returns>
    /// <see cref="OperationStatus.Done"/>: the item ends after <paramref name="consumed"/> bytes; call <see cref="Reset"/>.
    /// <see cref="OperationStatus.NeedMoreData"/>: all the bytes belong to the item.
    /// <see cref="OperationStatus.InvalidData"/>: see <see cref="Defect"/>; the last byte consumed is the one that is wrong.
    /// After the first and the last of these a call without <see cref="Reset"/> takes nothing and answers the same.
    /// </returns>
    public OperationStatus Scan(ReadOnlySpan<byte> bytes, out int consumed)
    {
        consumed = 0;
        if (_done || _defect != CborDefect.None)
        {
            return _done ? OperationStatus.Done : OperationStatus.InvalidData;
        }

        int at = 0;
        OperationStatus status = Advance(bytes, ref at);
        consumed = at;
        _scanned += at;
        _done = status == OperationStatus.Done;
        return status;
    }

    private OperationStatus Advance(ReadOnlySpan<byte> bytes, ref int at)
    {
        while (true)
        {
            if (_stringLeft != 0)
            {
                int taken = (int)Math.Min(_stringLeft, bytes.Length - at);
                at += taken;
                _stringLeft -= taken;
                if (_stringLeft != 0)
                {
                    return OperationStatus.NeedMoreData;
                }

                if (EndItem())
                {
                    return OperationStatus.Done;
                }
            }

            if (_argumentLeft == 0)
            {
                if (at == bytes.Length)
                {
                    return OperationStatus.NeedMoreData;
                }

                byte initial = bytes[at++];
                if (initial == CborHead.Break)
                {
                    if (!TryBreak())
                    {
                        return OperationStatus.InvalidData;
                    }

                    if (EndItem())
                    {
                        return OperationStatus.Done;
                    }

                    continue;
                }

                if (!TryBegin(initial))
                {
                    return OperationStatus.InvalidData;
                }
            }

            while (_argumentLeft != 0)
            {
                if (at == bytes.Length)
                {
                    return OperationStatus.NeedMoreData;
                }

                _argument = (_argument << 8) | bytes[at++];
                _argumentLeft--;
            }

            if (!TryTake(out bool ended))
            {
                return OperationStatus.InvalidData;
            }

            if (ended && EndItem())
            {
                return OperationStatus.Done;
            }
        }
    }

    /// <summary>The first byte of an item that is not a break.</summary>
    private bool TryBegin(byte initial)
    {
        if (CborHead.IsReserved(initial))
        {
            return Fail(CborDefect.ReservedHead);
        }

        int information = CborHead.Information(initial);
        if (_chunks != 0)
        {
            if (initial >> 5 != _chunks || information == CborHead.Indefinite)
            {
                return Fail(CborDefect.WrongChunk);
            }

            _least++;
        }
        else if (!_tagged && _open < 0)
        {
            // An element nobody had counted on; a key brings its value with it.
            _least += _open == MapKey ? 2 : _open == MapValue ? 0 : 1;
        }

        _initial = initial;
        _argumentLeft = CborHead.ArgumentBytes(information);
        _argument = _argumentLeft == 0 ? (ulong)information : 0;
        _least += _argumentLeft;
        return _least <= _maxBytes || Fail(CborDefect.TooLong);
    }

    /// <summary>The head is whole: opens what it opens.</summary>
    /// <param name="ended">Whether the item ends with its head.</param>
    private bool TryTake(out bool ended)
    {
        ended = true;
        bool indefinite = CborHead.Information(_initial) == CborHead.Indefinite;
        switch (CborHead.Major(_initial))
        {
            case CborMajor.ByteString or CborMajor.TextString when indefinite:
                _chunks = (byte)(_initial >> 5);
                ended = false;
                return TryOwe(1);
            case CborMajor.ByteString or CborMajor.TextString:
                if (!TryOwe(_argument))
                {
                    return false;
                }

                _stringLeft = (long)_argument;
                ended = _stringLeft == 0;
                return true;
            case CborMajor.Array:
                ended = !indefinite && _argument == 0;
                return TryOwe(indefinite ? 1 : _argument) && TryOpen(indefinite ? ArrayElements : (long)_argument);
            case CborMajor.Map:
                ended = !indefinite && _argument == 0;
                ulong items = _argument > long.MaxValue / 2 ? ulong.MaxValue : 2 * _argument;
                return TryOwe(indefinite ? 1 : items) && TryOpen(indefinite ? MapKey : (long)items);
            case CborMajor.Tag:
                _tagged = true;
                ended = false;
                return TryOwe(1);
            case CborMajor.Simple when CborHead.Information(_initial) == 24 && _argument <= CborHead.LastOneByteSimple:
                return Fail(CborDefect.ReservedHead);
            default:
                return true;
        }
    }

    /// <summary>At least so many bytes are still to come for what was just claimed.</summary>
    private bool TryOwe(ulong bytes)
    {
        if (bytes > (ulong)(_maxBytes - _least))
        {
            return Fail(CborDefect.TooLong);
        }

        _least += (long)bytes;
        return true;
    }

    private bool TryOpen(long items)
    {
        if (_depth == _maxDepth)
        {
            return Fail(CborDefect.TooDeep);
        }

        _tagged = false;
        if (items == 0)
        {
            return true;
        }

        if (_outer is null || _depth == _outer.Length)
        {
            Array.Resize(ref _outer, Math.Min(_maxDepth, Math.Max(8, 2 * _depth)));
        }

        _outer[_depth++] = _open;
        _open = items;
        return true;
    }

    private bool TryBreak()
    {
        if (_chunks != 0)
        {
            _chunks = 0;
            return true;
        }

        if (_tagged || _open is not (ArrayElements or MapKey))
        {
            return Fail(CborDefect.UnexpectedBreak);
        }

        _open = _outer![--_depth];
        return true;
    }

    /// <summary>An item is over, and with it every container of which it was the last element.</summary>
    /// <returns>Whether the outermost item is over.</returns>
    private bool EndItem()
    {
        if (_chunks != 0)
        {
            return false;
        }

        _tagged = false;
        while (true)
        {
            if (_open < 0)
            {
                _open = _open switch { MapKey => MapValue, MapValue => MapKey, _ => ArrayElements };
                return false;
            }

            if (--_open > 0)
            {
                return false;
            }

            if (_depth == 0)
            {
                return true;
            }

            _open = _outer![--_depth];
        }
    }

    private bool Fail(CborDefect defect)
    {
        _defect = defect;
        return false;
    }
}
