using System.Buffers;

namespace Reactive.Network.Bearers;

/// <summary>The path between two <see cref="InMemoryBearer"/>s, the same in both directions.</summary>
public sealed record InMemoryBearerOptions
{
    /// <summary>No latency, no limit to the rate.</summary>
    public static InMemoryBearerOptions Default { get; } = new();

    /// <summary>How long a byte is under way.</summary>
    /// <value>One way; from zero. Default zero: one turn of the scheduler.</value>
    public TimeSpan Latency
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            field = value;
        }
    }

    /// <summary>How many bytes a second enter the path; with it, bytes arrive as they cross, in pieces of at most 16 KiB.</summary>
    /// <value>From 1, or <see langword="null"/> for no limit, the default.</value>
    public long? BytesPerSecond
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value ?? 1, 1);
            field = value;
        }
    }

    /// <summary>Bytes in one <see cref="IBearerSink.OnReceived"/> at most.</summary>
    /// <value>From 1 (every byte alone). Default 262,144, the slab of a socket bearer.</value>
    public int MaxChunk
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 262_144;

    /// <summary>Bytes accepted and not yet delivered, in one direction, at most. A batch that does not fit makes its write pending.</summary>
    /// <value>From 1. Default 1,048,576. With a latency it bounds the rate as well: capacity / latency.</value>
    public int Capacity
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 1_048_576;

    /// <summary>What B calls A.</summary>
    public string NameOfA { get; init; } = "memory:a";

    /// <summary>What A calls B.</summary>
    public string NameOfB { get; init; } = "memory:b";

    /// <summary>Where the buffers for bytes under way come from.</summary>
    /// <value>Default <see cref="ArrayPool{T}.Shared"/>.</value>
    public ArrayPool<byte> Pool { get; init; } = ArrayPool<byte>.Shared;
}
