using Reactive.Network.Multiplexing;

namespace Reactive.Network.Recording;

/// <summary>Cuts the bytes of one direction into whole SDUs, whatever pieces they come in. Holds one SDU at most.</summary>
internal sealed class SduCutter
{
    private byte[] _sdu = new byte[1_024];
    private int _length;

    /// <summary>What is there of an SDU that is not whole.</summary>
    public ReadOnlySpan<byte> Remainder => _sdu.AsSpan(0, _length);

    /// <summary>Takes bytes up to the end of the SDU at most.</summary>
    /// <param name="bytes">What came; what was taken is cut off.</param>
    /// <param name="sdu">The whole SDU, valid until the next call.</param>
    /// <returns>Whether one is whole.</returns>
    public bool TryTake(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> sdu)
    {
        sdu = default;
        while (true)
        {
            int wanted = _length < SduHeader.Size ? SduHeader.Size : SduHeader.Size + SduHeader.Read(_sdu).PayloadLength;
            if (_length == wanted)
            {
                sdu = _sdu.AsSpan(0, wanted);
                _length = 0;
                return true;
            }

            if (bytes.IsEmpty)
            {
                return false;
            }

            if (_sdu.Length < wanted)
            {
                Array.Resize(ref _sdu, SduHeader.Size + SduHeader.MaxPayloadLength);
            }

            int count = Math.Min(wanted - _length, bytes.Length);
            bytes[..count].CopyTo(_sdu.AsSpan(_length));
            _length += count;
            bytes = bytes[count..];
        }
    }
}
