using System.Diagnostics;
using System.Text.Json.Serialization;

namespace Reactive.Network.Load;

/// <summary>What a process has used so far.</summary>
internal readonly record struct Usage(
    double CpuSeconds, long Allocated, int Gen0, int Gen1, int Gen2, long WorkingSet, long Managed, long Native, long Exceptions, long Time)
{
    private static long _exceptions;

    /// <summary>From here on every exception thrown counts, caught or not.</summary>
    public static void CountExceptions() => AppDomain.CurrentDomain.FirstChanceException += static (_, _) => Interlocked.Increment(ref _exceptions);

    /// <summary>Of this process.</summary>
    public static Usage Now(bool collect = false)
    {
        if (collect)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
        }

        using var process = Process.GetCurrentProcess();
        return new Usage(
            Environment.CpuUsage.TotalTime.TotalSeconds,
            GC.GetTotalAllocatedBytes(precise: true),
            GC.CollectionCount(0),
            GC.CollectionCount(1),
            GC.CollectionCount(2),
            process.WorkingSet64,
            GC.GetTotalMemory(forceFullCollection: false),
            NativeMemory.Used(),
            Interlocked.Read(ref _exceptions),
            Stopwatch.GetTimestamp());
    }

    /// <summary>What was used since; what is held as it is at the end.</summary>
    public Usage Since(Usage start) => this with
    {
        CpuSeconds = CpuSeconds - start.CpuSeconds,
        Allocated = Allocated - start.Allocated,
        Gen0 = Gen0 - start.Gen0,
        Gen1 = Gen1 - start.Gen1,
        Gen2 = Gen2 - start.Gen2,
        Exceptions = Exceptions - start.Exceptions,
        Time = Time - start.Time,
    };

    public static Usage operator +(Usage a, Usage b) => new(
        a.CpuSeconds + b.CpuSeconds,
        a.Allocated + b.Allocated,
        a.Gen0 + b.Gen0,
        a.Gen1 + b.Gen1,
        a.Gen2 + b.Gen2,
        Math.Max(a.WorkingSet, b.WorkingSet),
        Math.Max(a.Managed, b.Managed),
        Math.Max(a.Native, b.Native),
        a.Exceptions + b.Exceptions,
        a.Time + b.Time);
}

/// <summary>What a server says about itself, as JSON on its standard output.</summary>
internal sealed record ServerAnswer(int Node, int Plain, Usage Usage, long Announced, SystemCalls? Calls);

[JsonSerializable(typeof(ServerAnswer))]
internal sealed partial class ServerJson : JsonSerializerContext;
