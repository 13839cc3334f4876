using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols;

/// <summary>
/// A mini-protocol as a table: states, agency, transitions and limits. Pure; used by client, server, tests and documentation alike.
/// </summary>
/// <typeparam name="TState">The states, named as in the specification without <c>St</c>.</typeparam>
/// <typeparam name="TMessage">The kinds of message, named as in the specification without <c>Msg</c>.</typeparam>
public interface IMiniProtocol<TState, TMessage>
    where TState : struct, Enum
    where TMessage : struct, Enum
{
    /// <summary>The number on the wire.</summary>
    static abstract MiniProtocolId Id { get; }

    /// <summary>The name in evidence and errors: <c>chain-sync</c>.</summary>
    static abstract string Name { get; }

    /// <summary>The wire numbers of the versions that have it, ascending; the handshake has those of both bundles.</summary>
    static abstract IReadOnlyList<int> Versions { get; }

    /// <summary>Bytes that may wait unread in one direction; one more ends the connection.</summary>
    static abstract long MaxIngressBytes { get; }

    /// <summary>Where an instance starts.</summary>
    static abstract TState Initial { get; }

    /// <summary>Who may send in this state.</summary>
    static abstract Agency AgencyIn(TState state);

    /// <summary>The state after <paramref name="message"/>, or <see langword="null"/> if it is not allowed.</summary>
    static abstract TState? Advance(TState from, TMessage message);

    /// <summary>What the side without agency enforces while it waits in this state.</summary>
    static abstract StateLimits LimitsIn(TState state);

    /// <summary>
    /// The version that brought <paramref name="message"/>, without the bit of node-to-client, or <see langword="null"/> where all of <see cref="Versions"/> have it.
    /// </summary>
    static virtual int? Since(TMessage message) => null;
}

/// <summary>Who may send.</summary>
public enum Agency
{
    /// <summary>The side that runs the client half.</summary>
    Initiator,

    /// <summary>The side that runs the server half.</summary>
    Responder,

    /// <summary>Nobody: the instance is over.</summary>
    Nobody,
}

/// <summary>What one message may cost while it is waited for.</summary>
/// <param name="MaxBytes">The longest message, in bytes of CBOR.</param>
/// <param name="MaxWait">From the start of the wait to the last byte of the message; <see cref="Timeout.InfiniteTimeSpan"/>: no limit.</param>
/// <param name="MaxWaitUpper">
/// Where the limit is drawn at random for each entry into the state: its upper end, <paramref name="MaxWait"/> being the lower one. Else <see langword="null"/>.
/// </param>
public readonly record struct StateLimits(int MaxBytes, TimeSpan MaxWait, TimeSpan? MaxWaitUpper = null);
