using System.Runtime.InteropServices;

namespace Reactive.Network.Benchmarks.Chain;

/// <summary>BLAKE2b of the system's OpenSSL, as a yardstick.</summary>
internal static class OpenSslBlake2b
{
    private const string Library = "libcrypto.so.3";

    private static readonly byte[] Digest = new byte[64];

    /// <summary>Whether the library can be called.</summary>
    public static bool IsThere { get; } = NativeLibrary.TryLoad(Library, out _);

    public static int Hash(byte[] bytes)
    {
        int done = EVP_Digest(bytes, bytes.Length, Digest, out _, EVP_blake2b512(), IntPtr.Zero);
        return done == 1 ? Digest[0] : throw new InvalidOperationException("OpenSSL has no BLAKE2b");
    }

#pragma warning disable SYSLIB1054 // the generated form needs unsafe code, which this repository does without
    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern IntPtr EVP_blake2b512();

    [DllImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int EVP_Digest(byte[] data, nint count, byte[] digest, out uint size, IntPtr type, IntPtr engine);
#pragma warning restore SYSLIB1054
}
