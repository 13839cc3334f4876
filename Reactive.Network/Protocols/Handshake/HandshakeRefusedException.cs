namespace Reactive.Network.Protocols.Handshake;

/// <summary>The two ends do not fit together: one of them refused the other's versions.</summary>
/// <param name="reason">Why.</param>
/// <param name="isLocal">Whether this side refused; else the peer did.</param>
public sealed class HandshakeRefusedException(RefusalReason reason, bool isLocal = false)
    : NetworkException(Fault.Remote, Describe(reason, isLocal))
{
    /// <summary>Why.</summary>
    public RefusalReason Reason { get; } = reason;

    /// <summary>Whether this side refused; else the peer did.</summary>
    public bool IsLocal { get; } = isLocal;

    // The peer's text goes to logs and terminals: no control characters of its choosing.
    private static string Describe(RefusalReason reason, bool isLocal) => string.Create(
        null,
        $"{(isLocal ? "handshake refused by us" : "handshake refused by the peer")}: {string.Concat($"{reason}".Where(c => !char.IsControl(c)))}");
}
