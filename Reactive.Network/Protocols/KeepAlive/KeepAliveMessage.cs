namespace Reactive.Network.Protocols.KeepAlive;

/// <summary>The messages of keep-alive. The set is closed.</summary>
public enum KeepAliveMessageKind
{
    /// <summary>The client asks the server to echo a cookie.</summary>
    KeepAlive,

    /// <summary>The server echoes the cookie.</summary>
    Response,

    /// <summary>The client ends the protocol.</summary>
    Done,
}

/// <summary>One message of keep-alive.</summary>
public readonly record struct KeepAliveMessage
{
    private KeepAliveMessage(KeepAliveMessageKind kind, ushort cookie) => (Kind, Cookie) = (kind, cookie);

    /// <summary>Which message it is.</summary>
    public KeepAliveMessageKind Kind { get; }

    /// <summary>What is to be echoed, or was; 0 in <see cref="KeepAliveMessageKind.Done"/>.</summary>
    public ushort Cookie { get; }

    /// <summary>The client ends the protocol.</summary>
    public static KeepAliveMessage Done => new(KeepAliveMessageKind.Done, 0);

    /// <summary>The client asks the server to echo <paramref name="cookie"/>.</summary>
    public static KeepAliveMessage KeepAlive(ushort cookie) => new(KeepAliveMessageKind.KeepAlive, cookie);

    /// <summary>The server echoes <paramref name="cookie"/>.</summary>
    public static KeepAliveMessage Response(ushort cookie) => new(KeepAliveMessageKind.Response, cookie);
}
