using System.Buffers;
using System.Net;
using System.Reactive.Concurrency;

namespace Reactive.Network.Bearers;

/// <summary>What the socket bearers and their listeners can be told. Checked when set, never changed afterwards.</summary>
public sealed record BearerOptions
{
    /// <summary>Every option at its default.</summary>
    public static BearerOptions Default { get; } = new();

    /// <summary>The size of the slab that one read fills at most. A connection holds one slab while bytes are coming, and none while it is idle.</summary>
    /// <value>Bytes, 4,096 to 16,777,216. Default 262,144.</value>
    public int ReceiveSlabBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 4_096);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 16_777_216);
            field = value;
        }
    } = 262_144;

    /// <summary>Where the receive slabs come from.</summary>
    /// <value>Default <see cref="ArrayPool{T}.Shared"/>.</value>
    public ArrayPool<byte> Pool
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = ArrayPool<byte>.Shared;

    /// <summary>The kernel's receive buffer (<c>SO_RCVBUF</c>).</summary>
    /// <value>Bytes, from 1; <see langword="null"/>, the default, leaves it to the kernel, which adapts it to the path.</value>
    public int? ReceiveBufferBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value ?? 1, 1);
            field = value;
        }
    }

    /// <summary>The kernel's send buffer (<c>SO_SNDBUF</c>).</summary>
    /// <value>Bytes, from 1; <see langword="null"/>, the default, leaves it to the kernel, which adapts it to the path.</value>
    public int? SendBufferBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value ?? 1, 1);
            field = value;
        }
    }

    /// <summary>
    /// The local address and port that outbound TCP connections are bound to. Where it is the address of a listener (which then needs
    /// <see cref="SharePort"/> too), remote nodes see the port that they can connect to. Used for remote addresses of its own family only.
    /// </summary>
    /// <value><see langword="null"/>, the default: the kernel chooses.</value>
    public IPEndPoint? LocalEndPoint { get; init; }

    /// <summary>
    /// Whether a TCP listener lets other sockets of this machine use its port (<c>SO_REUSEPORT</c>): outbound connections with
    /// <see cref="LocalEndPoint"/>, but also a second listener, which then takes every other connection.
    /// </summary>
    /// <value>Default <see langword="false"/>: a port in use is an error.</value>
    public bool SharePort { get; init; }

    /// <summary>Connections that the kernel completes while nobody has accepted them yet; it may cap the number (Linux: <c>net.core.somaxconn</c>).</summary>
    /// <value>From 1. Default 1,024: a burst of some hundred connections waits out the accept limit instead of being dropped and retried a second later.</value>
    public int Backlog
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 1_024;

    /// <summary>How long connecting may take, name resolution and all addresses of the name together.</summary>
    /// <value>From 1 ms to 1 hour. Default 10 s, the time the reference gives the handshake that follows.</value>
    public TimeSpan ConnectTimeout
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.FromMilliseconds(1));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromHours(1));
            field = value;
        }
    } = TimeSpan.FromSeconds(10);

    /// <summary>Turns the clock of <see cref="ConnectTimeout"/>.</summary>
    /// <value>Default <see cref="TaskPoolScheduler.Default"/>.</value>
    public IScheduler Scheduler
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = TaskPoolScheduler.Default;

    /// <summary>Finds the addresses of a host name, in the order in which they are tried.</summary>
    /// <value>Default: the system's resolver.</value>
    public Func<string, CancellationToken, Task<IPAddress[]>> ResolveHost
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = Dns.GetHostAddressesAsync;
}
