using System.Diagnostics.Metrics;

namespace Reactive.Network.Operators.Internal;

/// <summary>Counts every dropped element: meter <c>Reactive.Network.Operators</c>, counter <c>reactive_network.queue.dropped</c>.</summary>
internal static class Drops
{
    internal const string MeterName = "Reactive.Network.Operators";
    internal const string CounterName = "reactive_network.queue.dropped";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Dropped = Meter.CreateCounter<long>(CounterName, "{element}", "Elements dropped by a full queue.");

    /// <summary>Counts elements that <paramref name="queue"/> dropped as <paramref name="overflow"/> says.</summary>
    public static void Count(int elements, string queue, Overflow overflow) =>
        Dropped.Add(elements, new KeyValuePair<string, object?>("queue", queue), new KeyValuePair<string, object?>("overflow", overflow));
}
