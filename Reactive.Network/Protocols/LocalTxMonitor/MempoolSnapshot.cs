using System.Reactive.Linq;
using Reactive.Network.Chain;

namespace Reactive.Network.Protocols.LocalTxMonitor;

/// <summary>A node's mempool at one moment, held for this client until it is released. What it is asked stays true of that moment.</summary>
/// <remarks>
/// <para>Each member asks when it is subscribed to; questions are asked in that order, one after the other, up to 100 wait.</para>
/// <para>Every observable here is per-subscription: each asks once. The observer is called on this mini-protocol's strand. The element is a value, or owns
/// its memory. Completes after it. Fails with <see cref="ProtocolBusyException"/>, with <see cref="ObjectDisposedException"/> where the snapshot was
/// released, or with the cause of the connection's end. Disposing before its turn takes the question back; later it only ends the delivery.</para>
/// </remarks>
public sealed class MempoolSnapshot
{
    private readonly LocalTxMonitorLane.Session _session;
    private readonly Func<int> _version;
    private ulong _slot;

    internal MempoolSnapshot(LocalTxMonitorLane.Session session, ulong slot, Func<int> version)
    {
        _session = session;
        _slot = slot;
        _version = version;
    }

    /// <summary>The slot that the snapshot was validated against.</summary>
    public ulong Slot => Volatile.Read(ref _slot);

    /// <summary>The next transaction, in mempool order; <see langword="null"/> behind the last one.</summary>
    public IObservable<Transaction?> NextTransaction() => _session.Ask(LocalTxMonitorMessage.NextTx, static answer => answer.Transaction);

    /// <summary>Whether the snapshot has a transaction.</summary>
    public IObservable<bool> Has(TransactionId id) => _session.Ask(LocalTxMonitorMessage.HasTx(id), static answer => answer.Has);

    /// <summary>The sizes.</summary>
    public IObservable<MempoolSizes> Sizes() => _session.Ask(LocalTxMonitorMessage.GetSizes, static answer => answer.Sizes);

    /// <summary>The measures. A node that is older than version 20 does not have them: <see cref="WrongVersionException"/>.</summary>
    public IObservable<MempoolMeasures> Measures() => Observable.Defer(() => _version() >= LocalTxMonitorClient.MeasuresSince
        ? _session.Ask(LocalTxMonitorMessage.GetMeasures, static answer => answer.Measures!)
        : Observable.Throw<MempoolMeasures>(new WrongVersionException("the measures of a mempool", LocalTxMonitorClient.MeasuresSince, _version())));

    /// <summary>
    /// Waits until the mempool, or the slot, is another, takes a new snapshot in place of this one, and tells its slot. Transactions start again from the first.
    /// There is no limit to the wait, and nothing else can be asked meanwhile.
    /// </summary>
    public IObservable<ulong> AwaitChange() => _session.Ask(LocalTxMonitorMessage.Acquire, Renewed);

    /// <summary>The call that asks for the next transaction, for those who ask for all.</summary>
    internal void AskNext(IObserver<Transaction?> observer) => _session.Ask(
        new Call<LocalTxMonitorMessage, Transaction?>(LocalTxMonitorMessage.NextTx, static answer => answer.Transaction, observer));

    /// <summary>The call that waits for a change.</summary>
    internal void AskChange(IObserver<ulong> observer) =>
        _session.Ask(new Call<LocalTxMonitorMessage, ulong>(LocalTxMonitorMessage.Acquire, Renewed, observer));

    private ulong Renewed(LocalTxMonitorMessage answer)
    {
        Volatile.Write(ref _slot, answer.Slot);
        return answer.Slot;
    }
}
