using System.Reactive.Linq;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>The initiator of local state query: asks a node's ledger.</summary>
/// <remarks>
/// One state at a time is held: whoever wants another waits until the first is released, up to 100 wait. So queries of two users are never mixed.
/// </remarks>
public sealed class LocalStateQueryClient
{
    private readonly LocalStateQueryLane _lane;
    private readonly Func<int> _version;

    internal LocalStateQueryClient(Multiplexer mux, SeededRandom random, Func<int> version)
    {
        _lane = new LocalStateQueryLane(mux, random);
        _version = version;
    }

    internal Lane Lane => _lane;

    /// <summary>Acquires a state of the ledger.</summary>
    /// <remarks>
    /// Per-subscription: each acquires its own. The observer is called on this mini-protocol's strand. The element can be asked for as long as the
    /// subscription lives. Never completes by itself. Fails with <see cref="LedgerAcquireException"/>, with <see cref="ProtocolBusyException"/>, or with the
    /// cause of the connection's end. Disposing releases the state, once the answer that is under way has come.
    /// </remarks>
    public IObservable<LedgerView> Acquire(LedgerTarget target = default) =>
        _lane.Acquire(LocalStateQueryMessage.Acquire(target), (session, _) => new LedgerView(session, _version));

    /// <summary>Acquires a state, asks one query and releases the state.</summary>
    /// <remarks>
    /// Per-subscription: each does all of it. The observer is called on this mini-protocol's strand. The element owns plain memory. Completes after it. Fails
    /// as <see cref="Acquire"/> and <see cref="LedgerView.Query"/> do. Disposing releases the state.
    /// </remarks>
    public IObservable<T> Query<T>(LedgerQuery<T> query, LedgerTarget target = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return Acquire(target).SelectMany(view => view.Query(query)).Take(1);
    }
}
