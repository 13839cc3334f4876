namespace Reactive.Network.Recording;

/// <summary>Makes recordings of byte streams that were captured in other ways: one file for each direction, SDU behind SDU, as a socket had them.</summary>
public static class CaptureImport
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>Adds one connection.</summary>
    /// <param name="capture">Where it is added.</param>
    /// <param name="name">Its name, for people.</param>
    /// <param name="client">What the end that connected sent; <see langword="null"/> where nobody captured it. Read to its end, not disposed.</param>
    /// <param name="server">What the end that accepted sent; <see langword="null"/> where nobody captured it. Read to its end, not disposed.</param>
    /// <returns>Its number.</returns>
    /// <remarks>
    /// Which of the two said what first is not known (<see cref="CaptureRecord.Opened.IsOrdered"/>): one SDU of each in turn is written, and a replay finds the order by the tables of the
    /// mini-protocols, every request waiting for the answer to the one before. Holds one SDU of each.
    /// </remarks>
    /// <exception cref="CaptureException">The recording cannot be written.</exception>
    /// <exception cref="IOException">A stream cannot be read.</exception>
    public static int Join(CaptureWriter capture, string name, Stream? client, Stream? server)
    {
        ArgumentNullException.ThrowIfNull(capture);
        int connection = capture.Open(name, isOrdered: false);
        var one = new Direction(client, CaptureSide.Client);
        var other = new Direction(server, CaptureSide.Server);
        bool more = true;
        while (more)
        {
            more = one.Copy(capture, connection) | other.Copy(capture, connection);
        }

        one.CopyRemainder(capture, connection);
        other.CopyRemainder(capture, connection);
        capture.Close(connection, by: null, cause: null);
        return connection;
    }

    private sealed class Direction(Stream? stream, CaptureSide side)
    {
        private readonly SduCutter _cutter = new();
        private readonly byte[] _buffer = new byte[BufferBytes];
        private int _start;
        private int _end;

        /// <summary>Copies one SDU.</summary>
        /// <returns>Whether there was one.</returns>
        public bool Copy(CaptureWriter capture, int connection)
        {
            while (true)
            {
                ReadOnlySpan<byte> left = _buffer.AsSpan(_start, _end - _start);
                bool isWhole = _cutter.TryTake(ref left, out ReadOnlySpan<byte> sdu);
                _start = _end - left.Length;
                if (isWhole)
                {
                    capture.Write(connection, capture.Now, side, sdu);
                    return true;
                }

                (_start, _end) = (0, stream?.Read(_buffer) ?? 0);
                if (_end == 0)
                {
                    return false;
                }
            }
        }

        public void CopyRemainder(CaptureWriter capture, int connection)
        {
            if (!_cutter.Remainder.IsEmpty)
            {
                capture.WriteRemainder(connection, capture.Now, side, _cutter.Remainder);
            }
        }
    }
}
