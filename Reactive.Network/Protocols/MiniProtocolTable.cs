using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.Handshake;
using Reactive.Network.Protocols.KeepAlive;
using Reactive.Network.Protocols.LocalStateQuery;
using Reactive.Network.Protocols.LocalTxMonitor;
using Reactive.Network.Protocols.LocalTxSubmission;
using Reactive.Network.Protocols.PeerSharing;
using Reactive.Network.Protocols.TxSubmission;

namespace Reactive.Network.Protocols;

/// <summary>An <see cref="IMiniProtocol{TState, TMessage}"/> read out as a value, for whoever handles mini-protocols of any type: tools, diagrams, labels.</summary>
/// <param name="Id">The number on the wire.</param>
/// <param name="Name">The name in evidence, errors and labels: <c>chain-sync</c>.</param>
/// <param name="Versions">The wire numbers of the versions that have it, ascending.</param>
/// <param name="MaxIngressBytes">Bytes that may wait unread in one direction.</param>
/// <param name="Initial">The state where an instance starts.</param>
/// <param name="States">Every state.</param>
public sealed record MiniProtocolTable(
    MiniProtocolId Id, string Name, IReadOnlyList<int> Versions, long MaxIngressBytes, string Initial, IReadOnlyList<MiniProtocolState> States)
{
    /// <summary>Every mini-protocol of both bundles: the handshake, which they share, then by bundle and number.</summary>
    public static IReadOnlyList<MiniProtocolTable> All { get; } =
    [
        Of<HandshakeProtocol, HandshakeState, HandshakeMessageKind>(),
        Of<ChainSyncProtocol, ChainSyncState, ChainSyncMessageKind>(),
        Of<BlockFetchProtocol, BlockFetchState, BlockFetchMessageKind>(),
        Of<TxSubmissionProtocol, TxSubmissionState, TxSubmissionMessageKind>(),
        Of<KeepAliveProtocol, KeepAliveState, KeepAliveMessageKind>(),
        Of<PeerSharingProtocol, PeerSharingState, PeerSharingMessageKind>(),
        Of<LocalChainSyncProtocol, ChainSyncState, ChainSyncMessageKind>(),
        Of<LocalTxSubmissionProtocol, LocalTxSubmissionState, LocalTxSubmissionMessageKind>(),
        Of<LocalStateQueryProtocol, LocalStateQueryState, LocalStateQueryMessageKind>(),
        Of<LocalTxMonitorProtocol, LocalTxMonitorState, LocalTxMonitorMessageKind>(),
    ];

    /// <summary>The table of one mini-protocol.</summary>
    public static MiniProtocolTable Of<TProtocol, TState, TMessage>()
        where TProtocol : IMiniProtocol<TState, TMessage>
        where TState : struct, Enum
        where TMessage : struct, Enum =>
        new(
            TProtocol.Id,
            TProtocol.Name,
            TProtocol.Versions,
            TProtocol.MaxIngressBytes,
            TProtocol.Initial.ToString(),
            [
                .. from state in Enum.GetValues<TState>()
                   select new MiniProtocolState(
                       state.ToString(),
                       TProtocol.AgencyIn(state),
                       TProtocol.LimitsIn(state),
                       [
                           .. from message in Enum.GetValues<TMessage>()
                              let next = TProtocol.Advance(state, message)
                              where next is not null
                              select new MiniProtocolTransition(message.ToString(), next.Value.ToString(), TProtocol.Since(message)),
                       ]),
            ]);

    /// <summary>The mini-protocol with this number in this bundle; <see langword="null"/> for one that is not known.</summary>
    public static MiniProtocolTable? Find(ProtocolBundle bundle, MiniProtocolId id)
    {
        foreach (MiniProtocolTable table in All)
        {
            if (table.Id == id && (table.Id == HandshakeProtocol.Id || table.IsOf(bundle)))
            {
                return table;
            }
        }

        return null;
    }

    /// <summary>Whether a version of <paramref name="bundle"/> has it.</summary>
    public bool IsOf(ProtocolBundle bundle) =>
        Versions.Any(version => ((version & NodeToClient.VersionBit) != 0) == (bundle == ProtocolBundle.NodeToClient));

    /// <summary>The row of a state.</summary>
    /// <exception cref="ArgumentException">There is no such state.</exception>
    public MiniProtocolState State(string name) =>
        States.FirstOrDefault(state => state.Name == name) ?? throw new ArgumentException($"{Name} has no state {name}.", nameof(name));
}

/// <summary>A state of a <see cref="MiniProtocolTable"/>.</summary>
/// <param name="Name">Its name in the specification, without <c>St</c>.</param>
/// <param name="Agency">Who may send.</param>
/// <param name="Limits">What the side without agency enforces.</param>
/// <param name="Transitions">What may be sent, and what follows; none where the instance is over.</param>
public sealed record MiniProtocolState(string Name, Agency Agency, StateLimits Limits, IReadOnlyList<MiniProtocolTransition> Transitions);

/// <summary>A message that is allowed in a state.</summary>
/// <param name="Message">Its name in the specification, without <c>Msg</c>.</param>
/// <param name="Next">The state behind it.</param>
/// <param name="Since">The version that brought it, without the bit of node-to-client; <see langword="null"/> where every version of the mini-protocol has it.</param>
public readonly record struct MiniProtocolTransition(string Message, string Next, int? Since);
