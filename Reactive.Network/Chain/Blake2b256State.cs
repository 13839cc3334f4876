using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Reactive.Network.Chain;

/// <summary>A Blake2b-256 hash being taken over bytes that come in pieces. A mutable struct of about 200 bytes: nothing is allocated.</summary>
internal struct Blake2b256State
{
    private Words _state;
    private Bytes _block;
    private ulong _count;
    private int _buffered;

    /// <summary>The hash of nothing yet.</summary>
    public Blake2b256State()
    {
        Blake2bCompression.Iv.CopyTo(_state);
        _state[0] ^= 0x01010000 ^ BlockHash.Size;
    }

    /// <summary>The hash of what was hashed elsewhere so far.</summary>
    /// <param name="state">The eight words of the state.</param>
    /// <param name="count">The bytes hashed: a multiple of the block length, and not all there are.</param>
    public Blake2b256State(ReadOnlySpan<ulong> state, ulong count)
    {
        state.CopyTo(_state);
        _count = count;
    }

    /// <summary>Takes in the next bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        // A full block is held back until more comes: the last one is compressed differently.
        if (_buffered != 0)
        {
            int taken = Math.Min(Blake2bCompression.BlockBytes - _buffered, bytes.Length);
            bytes[..taken].CopyTo(_block[_buffered..]);
            _buffered += taken;
            bytes = bytes[taken..];
            if (bytes.IsEmpty)
            {
                return;
            }

            Compress(_block);
            _buffered = 0;
        }

        while (bytes.Length > Blake2bCompression.BlockBytes)
        {
            Compress(bytes[..Blake2bCompression.BlockBytes]);
            bytes = bytes[Blake2bCompression.BlockBytes..];
        }

        bytes.CopyTo(_block);
        _buffered = bytes.Length;
    }

    /// <summary>The hash. Nothing can be appended any more.</summary>
    public BlockHash Finish()
    {
        _block[_buffered..].Clear();
        Blake2bCompression.Compress(_state, _block, _count + (ulong)_buffered, last: true);
        Span<byte> hash = stackalloc byte[BlockHash.Size];
        for (int i = 0; i < BlockHash.Size / sizeof(ulong); i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(hash[(i * sizeof(ulong))..], _state[i]);
        }

        return new BlockHash(hash);
    }

    private void Compress(ReadOnlySpan<byte> block)
    {
        _count += Blake2bCompression.BlockBytes;
        Blake2bCompression.Compress(_state, block, _count, last: false);
    }

    [InlineArray(8)]
    private struct Words
    {
        private ulong _first;
    }

    [InlineArray(Blake2bCompression.BlockBytes)]
    private struct Bytes
    {
        private byte _first;
    }
}
