using Reactive.Network.Cbor;
using Reactive.Network.Chain;

namespace Reactive.Network.Tests.Protocols.TxSubmission;

/// <summary>Transactions as far as tx-submission looks into them: a body that differs, and a size.</summary>
internal static class Transactions
{
    /// <summary><c>[number, padding]</c> of <paramref name="bytes"/> bytes on the wire.</summary>
    public static Transaction Of(int number, int bytes = 100, Era era = Era.Conway)
    {
        // Below the smallest that can be; the heads grow with what they count, so the last bytes are tried one by one.
        int padding = Math.Max(0, bytes - 30);
        Transaction padded = Padded(number, padding, era);
        while (padded.WireSize < bytes)
        {
            padded = Padded(number, ++padding, era);
        }

        Assert.Equal(bytes, padded.WireSize);
        return padded;
    }

    public static TransactionAnnouncement Announced(this Transaction transaction) => new(transaction.Id, transaction.WireSize);

    private static Transaction Padded(int number, int padding, Era era) => new(era, CodecCheck.Encode(output =>
    {
        var writer = new CborSpanWriter(output);
        writer.WriteArrayHeader(2);
        writer.WriteUInt((ulong)number);
        writer.WriteByteString(new byte[padding]);
    }));
}
