using System.Reactive;
using System.Reactive.Linq;

namespace Reactive.Network.Protocols.LocalStateQuery;

/// <summary>A state of the ledger that a node holds for this client until it is released, whatever the chain does meanwhile.</summary>
/// <remarks>Each member asks when it is subscribed to; queries are asked in that order, one after the other, up to 100 wait.</remarks>
public sealed class LedgerView
{
    private readonly LocalStateQueryLane.Session _session;
    private readonly Func<int> _version;

    internal LedgerView(LocalStateQueryLane.Session session, Func<int> version)
    {
        _session = session;
        _version = version;
    }

    /// <summary>Asks about the state.</summary>
    /// <remarks>
    /// Per-subscription: each asks once. The observer is called on this mini-protocol's strand. The element owns plain memory. Completes after it. Fails with
    /// <see cref="WrongVersionException"/> where the agreed version does not have the query (nothing is sent), with <see cref="EraMismatchException"/>, with
    /// <see cref="Cbor.CodecException"/> where the result is not what the query's type says (the raw query has it: <see cref="LedgerQuery.Raw"/>), with
    /// <see cref="ProtocolBusyException"/>, with <see cref="ObjectDisposedException"/> where the state was released, or with the cause of the connection's
    /// end. There is no time limit. Disposing before its turn takes the query back; later it only ends the delivery.
    /// </remarks>
    public IObservable<T> Query<T>(LedgerQuery<T> query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return Observable.Defer(() =>
        {
            int version = _version();
            return query.Has(version)
                ? _session.Ask(LocalStateQueryMessage.Query(query.Encode(version)), answer => query.Read(answer.Content, version))
                : Observable.Throw<T>(new WrongVersionException(query.Name, query.Since, version, query.Until));
        });
    }

    /// <summary>Takes another state in place of this one. Queries that wait are asked about the new one.</summary>
    /// <remarks>
    /// Per-subscription: each acquires once. The observer is called on this mini-protocol's strand. The element says that it is done. Completes after it. Fails
    /// with <see cref="LedgerAcquireException"/>: then nothing is held any more, and the subscription that acquired the first state fails too; or as
    /// <see cref="Query"/> does. Disposing before its turn takes it back.
    /// </remarks>
    public IObservable<Unit> ReAcquire(LedgerTarget target) => _session.Ask(LocalStateQueryMessage.ReAcquire(target), static _ => Unit.Default);
}
