using System.Globalization;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Protocols.LocalTxSubmission;

namespace Rxnet.Output;

/// <summary>What <c>submit</c> tells. Any thread.</summary>
internal sealed class SubmitOutput(StandardOutput output, bool asJson)
{
    private readonly JsonLines _lines = new(output);

    public void Accepted(Transaction transaction)
    {
        string? id = IdOf(transaction);
        if (asJson)
        {
            _lines.Write("accepted", json => json.WriteString("id", id));
        }
        else
        {
            output.WriteLine($"accepted {id}".TrimEnd());
        }
    }

    /// <summary>For programs; people read the error line.</summary>
    public void Rejected(Transaction transaction, TransactionRejection rejection)
    {
        if (asJson)
        {
            _lines.Write("rejected", json =>
            {
                json.WriteString("id", IdOf(transaction));
                json.WriteString("reason", rejection.Text);
                json.WriteString("cbor", Convert.ToHexStringLower(rejection.Raw.Span));
            });
        }
    }

    public void Progress(TransactionProgress progress)
    {
        if (asJson)
        {
            _lines.Write("progress", json =>
            {
                json.WriteString("id", progress.Id.Hash.ToString());
                json.WriteString("stage", char.ToLowerInvariant(progress.Stage.ToString()[0]) + progress.Stage.ToString()[1..]);
                json.WritePoint(progress.Block);
                json.WriteNumber("depth", progress.Depth);
                json.WriteBoolean("valid", progress.IsValid);
            });
            return;
        }

        string failed = progress.IsValid ? "" : ", its scripts failed";
        output.WriteLine(progress.Stage switch
        {
            TransactionStage.Submitted => $"accepted {progress.Id.Hash}",
            TransactionStage.InMempool => "in the mempool",
            TransactionStage.InBlock => string.Create(CultureInfo.InvariantCulture, $"in block {progress.Block}, {progress.Depth} deep{failed}"),
            TransactionStage.Confirmed => string.Create(CultureInfo.InvariantCulture, $"confirmed in block {progress.Block}, {progress.Depth} deep{failed}"),
            _ => "gone: neither in the mempool nor in a block",
        });
    }

    private static string? IdOf(Transaction transaction) => transaction.TryGetId(out TransactionId id) ? id.Hash.ToString() : null;
}
