using System.Numerics;

namespace Reactive.Network.Protocols.LocalTxMonitor;

/// <summary>How full a mempool is.</summary>
/// <param name="CapacityBytes">What fits.</param>
/// <param name="UsedBytes">What is there.</param>
/// <param name="Count">How many transactions.</param>
public readonly record struct MempoolSizes(uint CapacityBytes, uint UsedBytes, uint Count);

/// <summary>One of the measures that bound a mempool.</summary>
/// <param name="Used">What its transactions use.</param>
/// <param name="Capacity">What they may.</param>
public readonly record struct MempoolMeasure(BigInteger Used, BigInteger Capacity);

/// <summary>How full a mempool is, by every measure that bounds it. Node-to-client 20 and later.</summary>
/// <param name="Count">Transactions; a node counts those that were not asked for by the next-transaction request yet.</param>
/// <param name="Measures">
/// By name, <c>transaction_bytes</c>, <c>ex_units_memory</c>, <c>ex_units_steps</c> and <c>reference_scripts_bytes</c> at present, in the order received.
/// </param>
public sealed record MempoolMeasures(uint Count, IReadOnlyList<KeyValuePair<string, MempoolMeasure>> Measures)
{
    /// <summary>The measure with this name, or <see langword="null"/>.</summary>
    public MempoolMeasure? this[string name]
    {
        get
        {
            foreach ((string key, MempoolMeasure value) in Measures)
            {
                if (key == name)
                {
                    return value;
                }
            }

            return null;
        }
    }
}
