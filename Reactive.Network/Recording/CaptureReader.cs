using System.Buffers;
using Reactive.Network.Cbor;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Recording;

/// <summary>Reads a recording, one entry after the other.</summary>
/// <remarks>
/// One thread at a time. Holds one buffer, whatever the length of the recording. A recording that ends inside an entry, because who wrote it was killed, is read up to there
/// (<see cref="IsCutOff"/>).
/// </remarks>
public sealed class CaptureReader : IDisposable
{
    private const int BufferBytes = 2 * CaptureFormat.MaxEntryBytes;

    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private CborItemScanner _scanner = new(CaptureFormat.MaxEntryBytes, maxDepth: 2);
    private int _start;
    private int _end;
    private long _offset;
    private bool _streamEnded;

    /// <summary>Opens a recording.</summary>
    /// <param name="stream">Owned from here on: it is disposed with this.</param>
    /// <exception cref="CaptureException">It is none, or of a version that is not known.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public CaptureReader(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _stream = stream;
        try
        {
            Started = ReadHeader();
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>When the recording was started, by the clock of who recorded.</summary>
    public DateTimeOffset Started { get; }

    /// <summary>Whether the recording ended inside an entry; known once <see cref="TryRead"/> has returned <see langword="false"/>.</summary>
    public bool IsCutOff { get; private set; }

    /// <summary>The next entry, if there is one.</summary>
    /// <exception cref="CaptureException">What stands there is no entry. Nothing more can be read.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public bool TryRead(out CaptureRecord record)
    {
        while (TryReadItem(out ReadOnlySpan<byte> item))
        {
            try
            {
                if (Parse(item) is { } known)
                {
                    record = known;
                    return true;
                }
            }
            catch (Exception error) when (error is CodecException or OverflowException or ArgumentException)
            {
                throw Damaged(error.Message, error);
            }
            finally
            {
                Advance(item.Length);
            }
        }

        record = null!;
        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static CaptureRecord? Parse(ReadOnlySpan<byte> item)
    {
        var reader = new CborSpanReader(item);
        reader.ReadArrayHeader();
        int kind = reader.ReadInt32();
        if (kind > CaptureFormat.Closed)
        {
            // Of a later version of the format, which said that older readers can do without.
            return null;
        }

        int connection = reader.ReadInt32();
        TimeSpan at = TimeSpan.FromMicroseconds(checked((long)reader.ReadUInt64()));
        CaptureRecord record = kind switch
        {
            CaptureFormat.Opened => new CaptureRecord.Opened(connection, at, reader.ReadText(), reader.ReadBool()),
            CaptureFormat.Sdu => ReadSdu(ref reader, connection, at),
            CaptureFormat.Remainder => new CaptureRecord.Remainder(connection, at, ReadSide(ref reader), reader.ReadByteString().ToArray()),
            _ => new CaptureRecord.Closed(
                connection, at, reader.TryReadNull() ? null : ReadSide(ref reader), reader.TryReadNull() ? null : reader.ReadText()),
        };
        reader.ReadEnd();
        return record;
    }

    private static CaptureRecord.Sdu ReadSdu(ref CborSpanReader reader, int connection, TimeSpan at)
    {
        CaptureSide sender = ReadSide(ref reader);
        ReadOnlySpan<byte> bytes = reader.ReadByteString();
        if (bytes.Length < SduHeader.Size || SduHeader.Read(bytes) is var header && bytes.Length != SduHeader.Size + header.PayloadLength)
        {
            throw new CodecException("an SDU that is not whole");
        }

        return new CaptureRecord.Sdu(connection, at, sender, header, bytes[SduHeader.Size..].ToArray());
    }

    private static CaptureSide ReadSide(ref CborSpanReader reader) => reader.ReadUInt64() switch
    {
        0 => CaptureSide.Client,
        1 => CaptureSide.Server,
        var other => throw new CodecException($"{other} for an end of the connection, which is 0 or 1"),
    };

    private DateTimeOffset ReadHeader()
    {
        try
        {
            if (TryReadItem(out ReadOnlySpan<byte> item))
            {
                var reader = new CborSpanReader(item);
                if (reader.ReadArrayHeader() >= 3 && reader.ReadText() == CaptureFormat.Name)
                {
                    ulong version = reader.ReadUInt64();
                    if (version != CaptureFormat.Version)
                    {
                        throw new CaptureException(CaptureFailure.UnknownVersion, $"a recording in version {version} of the format; version {CaptureFormat.Version} is known");
                    }

                    var started = DateTimeOffset.UnixEpoch.AddMicroseconds(reader.ReadUInt64());
                    Advance(item.Length);
                    return started;
                }
            }
        }
        catch (Exception error) when (error is CodecException or ArgumentOutOfRangeException or CaptureException { Failure: CaptureFailure.Damaged })
        {
            throw NotACapture(error);
        }

        throw NotACapture(null);
    }

    private static CaptureException NotACapture(Exception? error) => new(CaptureFailure.NotACapture, "not a recording", inner: error);

    private bool TryReadItem(out ReadOnlySpan<byte> item)
    {
        int length = 0;
        _scanner.Reset();
        while (true)
        {
            OperationStatus status = _scanner.Scan(_buffer.AsSpan(_start + length, _end - _start - length), out int consumed);
            length += consumed;
            if (status == OperationStatus.InvalidData)
            {
                throw Damaged($"not an entry: {_scanner.Defect}", null);
            }

            if (status == OperationStatus.Done)
            {
                item = _buffer.AsSpan(_start, length);
                return true;
            }

            if (!Fill())
            {
                IsCutOff = length > 0;
                item = default;
                return false;
            }
        }
    }

    private bool Fill()
    {
        if (_streamEnded)
        {
            return false;
        }

        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        int read = _stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _streamEnded = read == 0;
        return read > 0;
    }

    private void Advance(int length)
    {
        _start += length;
        _offset += length;
    }

    private CaptureException Damaged(string what, Exception? inner) => new(CaptureFailure.Damaged, $"the recording is damaged: {what}", _offset, inner);
}
