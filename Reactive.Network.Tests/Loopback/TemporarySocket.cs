namespace Reactive.Network.Tests.Loopback;

/// <summary>Paths for Unix sockets: short, as they must be, and each its own.</summary>
internal static class TemporarySocket
{
    public static string NewPath() => Path.Combine(Path.GetTempPath(), $"rx-{Guid.NewGuid():N}.sock");
}
