using System.Buffers;
using System.Reactive.Concurrency;
using Reactive.Network.Cbor;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Recording;

/// <summary>Writes a recording, of one connection or of many at once.</summary>
/// <remarks>
/// Any thread; entries are written whole, one after the other. Holds one entry at most: what is written is the stream's. The first failure is kept and every later call fails with it, so
/// that no recording has a hole in its middle.
/// </remarks>
public sealed class CaptureWriter : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Stream _stream;
    private readonly bool _leaveOpen;
    private readonly NetworkClock _clock;
    private readonly ArrayBufferWriter<byte> _entry = new(1_024);
    private CaptureException? _failure;
    private int _connections;
    private long _bytes;
    private bool _disposed;

    /// <summary>Starts a recording.</summary>
    /// <param name="stream">Where it goes: a <see cref="FileStream"/> with a buffer of its own, for example.</param>
    /// <param name="scheduler">Its clock is the time of the entries; <see langword="null"/> for <see cref="DefaultScheduler.Instance"/>.</param>
    /// <param name="leaveOpen">Whether <paramref name="stream"/> stays open when this is disposed.</param>
    /// <exception cref="CaptureException">The beginning cannot be written.</exception>
    public CaptureWriter(Stream stream, IScheduler? scheduler = null, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        scheduler ??= DefaultScheduler.Instance;
        _stream = stream;
        _leaveOpen = leaveOpen;
        _clock = new NetworkClock(scheduler);
        lock (_gate)
        {
            var writer = new CborSpanWriter(_entry);
            writer.WriteArrayHeader(3);
            writer.WriteText(CaptureFormat.Name);
            writer.WriteUInt(CaptureFormat.Version);
            writer.WriteUInt((ulong)Math.Max(0, (scheduler.Now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond));
            WriteEntry();
        }
    }

    /// <summary>Bytes written so far.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes;
            }
        }
    }

    /// <summary>The time since the recording was started.</summary>
    public TimeSpan Now => TimeSpan.FromTicks(_clock.Now);

    /// <summary>A connection begins.</summary>
    /// <param name="name">Its two ends, for people; cut to 1,000 characters.</param>
    /// <param name="isOrdered">Whether what one end sends will stand in its true place among what the other sends.</param>
    /// <returns>Its number.</returns>
    /// <exception cref="CaptureException">It cannot be written.</exception>
    public int Open(string name, bool isOrdered = true)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (_gate)
        {
            int connection = ++_connections;
            CborSpanWriter writer = Begin(CaptureFormat.Opened, 5, connection, Now);
            writer.WriteText(Cut(name));
            writer.WriteBool(isOrdered);
            WriteEntry();
            return connection;
        }
    }

    /// <summary>One SDU.</summary>
    /// <param name="connection">What <see cref="Open"/> returned.</param>
    /// <param name="at">When its last byte arrived, as <see cref="Now"/> told it.</param>
    /// <param name="sender">Which end sent it.</param>
    /// <param name="sdu">Header and payload.</param>
    /// <exception cref="ArgumentException"><paramref name="sdu"/> is not one whole SDU.</exception>
    /// <exception cref="CaptureException">It cannot be written.</exception>
    public void Write(int connection, TimeSpan at, CaptureSide sender, ReadOnlySpan<byte> sdu)
    {
        if (sdu.Length < SduHeader.Size || sdu.Length != SduHeader.Size + SduHeader.Read(sdu).PayloadLength)
        {
            throw new ArgumentException("Not one whole SDU.", nameof(sdu));
        }

        WriteBytes(CaptureFormat.Sdu, connection, at, sender, sdu);
    }

    /// <summary>What there is of an SDU that never became whole.</summary>
    /// <inheritdoc cref="Write"/>
    /// <param name="connection">What <see cref="Open"/> returned.</param>
    /// <param name="at">When it was given up.</param>
    /// <param name="sender">Which end sent it.</param>
    /// <param name="bytes">From the first byte of its header on; shorter than the longest SDU.</param>
    public void WriteRemainder(int connection, TimeSpan at, CaptureSide sender, ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, SduHeader.Size + SduHeader.MaxPayloadLength, nameof(bytes));
        WriteBytes(CaptureFormat.Remainder, connection, at, sender, bytes);
    }

    /// <summary>A connection has ended.</summary>
    /// <param name="connection">What <see cref="Open"/> returned.</param>
    /// <param name="by">Which end closed it first, if one did.</param>
    /// <param name="cause">Why, where it did not end in order; cut to 1,000 characters.</param>
    /// <exception cref="CaptureException">It cannot be written.</exception>
    public void Close(int connection, CaptureSide? by, string? cause)
    {
        lock (_gate)
        {
            CborSpanWriter writer = Begin(CaptureFormat.Closed, 5, connection, Now);
            if (by is { } side)
            {
                writer.WriteUInt((ulong)side);
            }
            else
            {
                writer.WriteNull();
            }

            if (cause is null)
            {
                writer.WriteNull();
            }
            else
            {
                writer.WriteText(Cut(cause));
            }

            WriteEntry();
        }

        Flush();
    }

    /// <summary>Hands what was written to the operating system, so that it is there for others, and after the death of this process.</summary>
    /// <exception cref="CaptureException">It cannot be written.</exception>
    public void Flush()
    {
        lock (_gate)
        {
            Guard(static self => self._stream.Flush());
        }
    }

    /// <summary>Ends the recording. Idempotent; never throws.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _failure ??= new CaptureException(CaptureFailure.WriteFailed, "the recording has ended");
            try
            {
                if (_leaveOpen)
                {
                    _stream.Flush();
                }
                else
                {
                    _stream.Dispose();
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                // What could not be written was told to who wrote it, or is the last buffer of a disk that is full: there is nobody left to tell.
            }
        }
    }

    private static string Cut(string text) => text.Length <= CaptureFormat.MaxTextLength ? text : text[..CaptureFormat.MaxTextLength];

    private void WriteBytes(int kind, int connection, TimeSpan at, CaptureSide sender, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            CborSpanWriter writer = Begin(kind, 5, connection, at);
            writer.WriteUInt((ulong)sender);
            writer.WriteByteString(bytes);
            WriteEntry();
        }
    }

    // Under the gate, as all below.
    private CborSpanWriter Begin(int kind, int elements, int connection, TimeSpan at)
    {
        var writer = new CborSpanWriter(_entry);
        writer.WriteArrayHeader(elements);
        writer.WriteUInt((ulong)kind);
        writer.WriteUInt((ulong)connection);
        writer.WriteUInt((ulong)Math.Max(0, at.Ticks / TimeSpan.TicksPerMicrosecond));
        return writer;
    }

    private void WriteEntry()
    {
        try
        {
            Guard(static self => self._stream.Write(self._entry.WrittenSpan));
            _bytes += _entry.WrittenCount;
        }
        finally
        {
            _entry.ResetWrittenCount();
        }
    }

    private void Guard(Action<CaptureWriter> act)
    {
        if (_failure is { } earlier)
        {
            throw new CaptureException(earlier.Failure, earlier.Message, inner: earlier);
        }

        try
        {
            act(this);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ObjectDisposedException)
        {
            _failure = new CaptureException(CaptureFailure.WriteFailed, $"the recording cannot be written: {error.Message}", inner: error);
            throw _failure;
        }
    }
}
