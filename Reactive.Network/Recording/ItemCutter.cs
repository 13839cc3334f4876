using System.Buffers;
using Reactive.Network.Cbor;

namespace Reactive.Network.Recording;

/// <summary>Puts the payloads of one lane together to whole messages. Holds one at most.</summary>
internal sealed class ItemCutter(long maxBytes)
{
    private readonly ArrayBufferWriter<byte> _item = new(256);
    private CborItemScanner _scanner = new(maxBytes);

    /// <summary>Whether what came is no CBOR, or too long: nothing more is found on this lane.</summary>
    public bool IsBroken => _scanner.Defect != CborDefect.None;

    /// <summary>What is wrong with it.</summary>
    public CborDefect Defect => _scanner.Defect;

    /// <summary>Whether a message has begun and not ended.</summary>
    public bool IsInside => _item.WrittenCount > 0;

    /// <summary>Takes bytes up to the end of a message at most.</summary>
    /// <param name="bytes">What came; what was taken is cut off.</param>
    /// <param name="taken">How many bytes were taken.</param>
    /// <param name="item">The whole message, in memory of its own, where one is whole.</param>
    public bool TryTake(ref ReadOnlySpan<byte> bytes, out int taken, out byte[] item)
    {
        OperationStatus status = _scanner.Scan(bytes, out taken);
        _item.Write(bytes[..taken]);
        bytes = bytes[taken..];
        if (status != OperationStatus.Done)
        {
            item = [];
            return false;
        }

        item = _item.WrittenSpan.ToArray();
        _item.ResetWrittenCount();
        _scanner.Reset();
        return true;
    }
}
