using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Reactive.Network.Load;

/// <summary>
/// Counts the system calls of this process where the kernel makes them: at its own trace points, by <c>perf_event_open</c> on every thread, and on those that these start.
/// Nothing in the libraries takes part.
/// </summary>
/// <remarks>
/// Needs Linux on x64 or Arm64, a readable tracefs, and the right to trace (root, or <c>kernel.perf_event_paranoid</c> at -1). A trace point that is on makes every system
/// call of the machine slower by some 100 ns, which is why it is on only while a turn is counted that is not timed.
/// </remarks>
internal sealed class SystemCallCounter : IDisposable
{
    private const string Library = "libc.so.6";
    private const int TracePoint = 2;
    private const int AttributeBytes = 64;
    private const ulong Inherit = 1 << 1;
    private const int CloseOnExec = 8;

    private static readonly string[][] Kinds =
    [
        ["raw_syscalls/sys_enter"],
        ["syscalls/sys_enter_recvfrom", "syscalls/sys_enter_recvmsg"],
        ["syscalls/sys_enter_sendto", "syscalls/sys_enter_sendmsg"],
        ["syscalls/sys_enter_epoll_wait", "syscalls/sys_enter_epoll_pwait"],
        ["syscalls/sys_enter_futex"],
        ["syscalls/sys_enter_sched_yield"],
    ];

    private readonly List<(int Kind, SafeFileHandle File)> _counters = [];

    private SystemCallCounter()
    {
    }

    /// <summary>Starts to count, or answers <see langword="null"/> where that is not possible or not allowed.</summary>
    public static SystemCallCounter? TryStart()
    {
        var counter = new SystemCallCounter();
        try
        {
            counter.Start();
            return counter;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException or EntryPointNotFoundException)
        {
            counter.Dispose();
            return null;
        }
    }

    /// <summary>What was counted so far.</summary>
    public SystemCalls Read()
    {
        long[] sums = new long[Kinds.Length];
        byte[] value = new byte[sizeof(long)];
        foreach ((int kind, SafeFileHandle file) in _counters)
        {
            // Each read gives the present value, with that of the threads started since.
            if (read(file, value, value.Length) == value.Length)
            {
                sums[kind] += BinaryPrimitives.ReadInt64LittleEndian(value);
            }
        }

        return new SystemCalls(sums[0], sums[1], sums[2], sums[3], sums[4], sums[5]);
    }

    public void Dispose() => _counters.ForEach(static counter => counter.File.Dispose());

    private void Start()
    {
        int[][] points = [.. Kinds.Select(static kind => kind.Select(IdOf).OfType<int>().ToArray())];
        if (points[0].Length == 0)
        {
            throw new FileNotFoundException("there is no trace point for system calls");
        }

        foreach (string task in Directory.GetDirectories("/proc/self/task"))
        {
            int thread = int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture);
            for (int kind = 0; kind < points.Length; kind++)
            {
                foreach (int point in points[kind])
                {
                    Add(kind, thread, point);
                }
            }
        }
    }

    /// <summary>Not every architecture has every call.</summary>
    private static int? IdOf(string point)
    {
        string path = $"/sys/kernel/tracing/events/{point}/id";
        return File.Exists(path) ? int.Parse(File.ReadAllText(path), CultureInfo.InvariantCulture) : null;
    }

    private void Add(int kind, int thread, int point)
    {
        // struct perf_event_attr, its first version: type, size, config, ..., the flags at byte 40.
        byte[] attributes = new byte[AttributeBytes];
        BinaryPrimitives.WriteInt32LittleEndian(attributes, TracePoint);
        BinaryPrimitives.WriteInt32LittleEndian(attributes.AsSpan(4), AttributeBytes);
        BinaryPrimitives.WriteInt64LittleEndian(attributes.AsSpan(8), point);
        BinaryPrimitives.WriteUInt64LittleEndian(attributes.AsSpan(40), Inherit);
        long number = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 298 : 241;
        nint file = syscall(number, attributes, thread, -1, -1, CloseOnExec);
        if (file >= 0)
        {
            _counters.Add((kind, new SafeFileHandle(file, ownsHandle: true)));
        }
        else if (Directory.Exists($"/proc/self/task/{thread}"))
        {
            throw new UnauthorizedAccessException("the kernel does not let this process count its system calls");
        }
    }

#pragma warning disable SYSLIB1054 // the generated form needs unsafe code, which this repository does without
    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint syscall(long number, byte[] attributes, int thread, int processor, int group, ulong flags);

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint read(SafeFileHandle file, byte[] into, nint count);
#pragma warning restore SYSLIB1054
}
