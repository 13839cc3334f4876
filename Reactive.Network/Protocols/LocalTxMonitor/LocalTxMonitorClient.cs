using System.Reactive.Linq;
using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.LocalTxMonitor;

/// <summary>The initiator of local tx-monitor: looks into a node's mempool.</summary>
/// <remarks>
/// One snapshot at a time is held: whoever wants another waits until the first is released, up to 100 wait. <see cref="Watch"/> holds one for as long as it
/// lives, so beside it nothing else comes to its turn: give it a connection of its own.
/// </remarks>
public sealed class LocalTxMonitorClient
{
    /// <summary>The node-to-client version that has measures first.</summary>
    public const int MeasuresSince = 20;

    private readonly LocalTxMonitorLane _lane;
    private readonly Func<int> _version;

    internal LocalTxMonitorClient(Multiplexer mux, SeededRandom random, Func<int> version)
    {
        _lane = new LocalTxMonitorLane(mux, random);
        _version = version;
    }

    internal Lane Lane => _lane;

    /// <summary>Acquires a snapshot of the mempool.</summary>
    /// <remarks>
    /// Per-subscription: each acquires its own. The observer is called on this mini-protocol's strand. The element can be asked for as long as the
    /// subscription lives. Never completes by itself. Fails with <see cref="ProtocolBusyException"/> or with the cause of the connection's end. Disposing
    /// releases the snapshot, once the answer that is under way has come.
    /// </remarks>
    public IObservable<MempoolSnapshot> Acquire() =>
        _lane.Acquire(LocalTxMonitorMessage.Acquire, (session, answer) => new MempoolSnapshot(session, answer.Slot, _version));

    /// <summary>Whether the mempool has a transaction now.</summary>
    /// <remarks>
    /// Per-subscription: each acquires, asks and releases. The observer is called on this mini-protocol's strand. The element is a value. Completes after it.
    /// Fails as <see cref="Acquire"/> does. Disposing releases the snapshot.
    /// </remarks>
    public IObservable<bool> Has(TransactionId id) => Acquire().SelectMany(snapshot => snapshot.Has(id)).Take(1);

    /// <summary>How full the mempool is now.</summary>
    /// <inheritdoc cref="Has"/>
    public IObservable<MempoolSizes> Sizes() => Acquire().SelectMany(snapshot => snapshot.Sizes()).Take(1);

    /// <summary>How full the mempool is now, by every measure. From version 20; else <see cref="WrongVersionException"/>.</summary>
    /// <inheritdoc cref="Has"/>
    public IObservable<MempoolMeasures> Measures() => Acquire().SelectMany(snapshot => snapshot.Measures()).Take(1);

    /// <summary>What is in the mempool, and from then on what comes and goes.</summary>
    /// <remarks>
    /// Per-subscription: each reads the mempool for itself; the first element has everything as added. Observers are called on this mini-protocol's strand; the
    /// next snapshot is taken when they return, so a slow one sees fewer and larger differences, and what came and went between two snapshots is not seen.
    /// Transactions own plain memory. Never completes by itself. Fails as <see cref="Acquire"/> does. Disposing releases the snapshot when the node answers
    /// next, which it does when its mempool changes: until then nothing else can be asked on this connection.
    /// </remarks>
    public IObservable<MempoolDifference> Watch() => Observable.Create<MempoolDifference>(observer => MempoolWatch.Start(Acquire(), observer));
}
