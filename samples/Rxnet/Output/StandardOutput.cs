using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Rxnet.Output;

/// <summary>Standard output, line by line, each flushed at once. Any thread.</summary>
internal sealed class StandardOutput : IDisposable
{
    private const int BrokenPipe = 32;

    private readonly Lock _gate = new();
    private readonly Stream _stream;

    public StandardOutput()
        : this(Open())
    {
    }

    public StandardOutput(Stream stream) => _stream = stream;

    /// <summary>Writes a line.</summary>
    /// <exception cref="OutputClosedException">Nobody reads it any more.</exception>
    public void WriteLine(string text) => WriteLine(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a line.</summary>
    /// <exception cref="OutputClosedException">Nobody reads it any more.</exception>
    public void WriteLine(ReadOnlySpan<byte> utf8)
    {
        byte[] line = [.. utf8, (byte)'\n'];
        lock (_gate)
        {
            try
            {
                _stream.Write(line);
                _stream.Flush();
            }
            catch (IOException error) when ((error.HResult & 0xFFFF) == BrokenPipe)
            {
                throw new OutputClosedException();
            }
        }
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>
    /// The console's own stream keeps silent when a pipe is closed, and the tool would follow on for nobody. A file is left to it, as it shares
    /// its position with standard error where both go to one.
    /// </summary>
    private static Stream Open()
    {
        if (!OperatingSystem.IsWindows() && Console.IsOutputRedirected)
        {
            var direct = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            if (!direct.CanSeek)
            {
                return direct;
            }
        }

        return Console.OpenStandardOutput();
    }
}
