namespace Reactive.Network.Multiplexing;

/// <summary>Where the demuxer puts what it finds.</summary>
internal interface IDemuxTarget
{
    /// <summary>An SDU begins. Throws a <see cref="NetworkException"/> if it must not.</summary>
    void OnSduBegin(SduHeader header);

    /// <summary>The next bytes of its payload; <paramref name="last"/> where they end it.</summary>
    void OnSduPayload(ReadOnlySpan<byte> bytes, bool last, long arrival);
}

/// <summary>Ingress: finds the SDUs in the byte stream, whatever pieces it comes in. Keeps at most 7 bytes.</summary>
/// <remarks>One thread at a time. Payloads are handed on as they come: nothing waits here for an SDU to be whole.</remarks>
internal sealed class Demuxer(IDemuxTarget target)
{
    private readonly byte[] _header = new byte[SduHeader.Size];
    private int _headerBytes;
    private int _payloadLeft;

    /// <summary>Whether an SDU has begun and not ended.</summary>
    public bool IsInsideSdu => _headerBytes > 0;

    /// <summary>Takes the next bytes.</summary>
    /// <returns>Whether an SDU began that is not whole: the start of the time that it may take.</returns>
    /// <exception cref="MuxException">An SDU that must not be.</exception>
    public bool Receive(ReadOnlySpan<byte> bytes, long arrival)
    {
        bool began = false;
        while (!bytes.IsEmpty)
        {
            if (_headerBytes < SduHeader.Size)
            {
                began |= _headerBytes == 0;
                int count = Math.Min(SduHeader.Size - _headerBytes, bytes.Length);
                if (count == SduHeader.Size)
                {
                    Begin(SduHeader.Read(bytes));
                }
                else
                {
                    bytes[..count].CopyTo(_header.AsSpan(_headerBytes));
                    if (_headerBytes + count == SduHeader.Size)
                    {
                        Begin(SduHeader.Read(_header));
                    }
                }

                _headerBytes += count;
                bytes = bytes[count..];
                continue;
            }

            int length = Math.Min(_payloadLeft, bytes.Length);
            _payloadLeft -= length;
            bool last = _payloadLeft == 0;
            if (last)
            {
                _headerBytes = 0;
                began = false;
            }

            target.OnSduPayload(bytes[..length], last, arrival);
            bytes = bytes[length..];
        }

        return began;
    }

    private void Begin(SduHeader header)
    {
        if (header.PayloadLength == 0)
        {
            throw new MuxException(MuxFailure.EmptySdu, $"an SDU of mini-protocol {header.Protocol} with an empty payload")
            {
                Protocol = header.Protocol,
                Sender = header.Sender,
            };
        }

        target.OnSduBegin(header);
        _payloadLeft = header.PayloadLength;
    }
}
