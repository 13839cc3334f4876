using System.Runtime.InteropServices;

namespace Reactive.Network.Load;

/// <summary>What the C library's allocator has handed out: native buffers beside the managed heap.</summary>
internal static class NativeMemory
{
    /// <summary>Bytes in use in all arenas, or 0 where the C library does not tell (glibc 2.33 or later does).</summary>
    public static long Used()
    {
        try
        {
            MallInfo info = mallinfo2();
            return (long)(info.InUse + info.Mapped);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return 0;
        }
    }

    /// <summary><c>struct mallinfo2</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct MallInfo
    {
        private readonly nuint _arena, _freeChunks, _fastChunks, _maps;
        public readonly nuint Mapped;
        private readonly nuint _unused, _fastBytes;
        public readonly nuint InUse;
        private readonly nuint _freeBytes, _releasable;
    }

#pragma warning disable SYSLIB1054 // the generated form needs unsafe code, which this repository does without
    [DllImport("libc.so.6")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern MallInfo mallinfo2();
#pragma warning restore SYSLIB1054
}
