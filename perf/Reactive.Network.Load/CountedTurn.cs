namespace Reactive.Network.Load;

/// <summary>A turn whose system calls were counted, and which was not timed.</summary>
internal sealed record CountedTurn(Work Work, SystemCalls Client, SystemCalls Server)
{
    /// <summary>Runs one, or answers <see langword="null"/> where system calls cannot be counted.</summary>
    public static async Task<CountedTurn?> RunAsync(ServerProcess server, Func<TimeSpan, Work> run, TimeSpan time)
    {
        using SystemCallCounter? counter = SystemCallCounter.TryStart();
        if (counter is null)
        {
            return null;
        }

        await server.CountAsync();
        SystemCalls before = counter.Read();
        Work work = run(time);
        SystemCalls after = counter.Read();
        return await server.CountAsync() is { } remote && work.Bytes > 0 ? new CountedTurn(work, Difference(after, before), remote) : null;
    }

    private static SystemCalls Difference(SystemCalls after, SystemCalls before) => new(
        after.All - before.All,
        after.Receives - before.Receives,
        after.Sends - before.Sends,
        after.Waits - before.Waits,
        after.Wakes - before.Wakes,
        after.Yields - before.Yields);
}
