using System.Buffers;
using Reactive.Network.Cbor;

namespace Reactive.Network.Tests.Protocols;

/// <summary>The payloads of one lane's SDUs, cut into whole CBOR items by the scanner.</summary>
internal sealed class ItemAssembler
{
    private readonly List<byte> _item = [];
    private CborItemScanner _scanner = new(maxBytes: 2_500_000);

    /// <summary>Whether no item is half there.</summary>
    public bool IsEmpty => _item.Count == 0;

    public void Append(ReadOnlySpan<byte> payload, Action<byte[]> whole)
    {
        while (!payload.IsEmpty)
        {
            OperationStatus status = _scanner.Scan(payload, out int consumed);
            Assert.NotEqual(OperationStatus.InvalidData, status);
            _item.AddRange(payload[..consumed]);
            payload = payload[consumed..];
            if (status == OperationStatus.Done)
            {
                whole([.. _item]);
                _item.Clear();
                _scanner.Reset();
            }
        }
    }
}
