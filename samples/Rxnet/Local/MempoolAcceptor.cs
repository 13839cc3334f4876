using System.Reactive.Linq;
using System.Text;
using Reactive.Network.Chain;
using Reactive.Network.Protocols.LocalTxSubmission;
using Reactive.Network.Storage;

namespace Rxnet.Local;

/// <summary>Takes what local clients submit into a mempool. There is no ledger: of a transaction only the era, the id and the room for it count.</summary>
/// <param name="mempool">Where it goes.</param>
/// <param name="era">The era of the chain's tip.</param>
/// <param name="decided">Told of each transaction: why it was not taken, or <see langword="null"/>. Any thread.</param>
internal sealed class MempoolAcceptor(InMemoryMempool mempool, Func<Era> era, Action<Transaction, TransactionRejection?> decided) : ITransactionAcceptor
{
    /// <summary>The failure of a Conway ledger that is a text: the only era that has one.</summary>
    private const byte MempoolFailure = 7;

    public IObservable<TransactionRejection?> Submit(Transaction transaction)
    {
        TransactionRejection? rejection = Reject(transaction);
        decided(transaction, rejection);
        return Observable.Return(rejection);
    }

    private TransactionRejection? Reject(Transaction transaction)
    {
        Era ledger = era();
        if (transaction.Era.EraIndex() > ledger.EraIndex())
        {
            return TransactionRejection.WrongEra(transaction.Era, ledger);
        }

        if (!transaction.TryGetId(out TransactionId id))
        {
            return Because("it has no body to take an id of");
        }

        return mempool.TryAdd(transaction) ? null : Because(mempool.Find(id) is null ? "the mempool has no room for it" : "it is in the mempool already");
    }

    private static TransactionRejection Because(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);

        // [[7, text]]: the texts above are longer than 23 bytes and shorter than 256.
        return TransactionRejection.ByLedger(Era.Conway, [0x81, 0x82, MempoolFailure, 0x78, (byte)utf8.Length, .. utf8]);
    }
}
