namespace Reactive.Network.Load;

/// <summary>System calls of a process.</summary>
/// <param name="All">Every system call, of whatever kind.</param>
/// <param name="Receives">recvfrom, recvmsg.</param>
/// <param name="Sends">sendto, sendmsg.</param>
/// <param name="Waits">epoll_wait, epoll_pwait.</param>
/// <param name="Wakes">futex: threads that wait for each other, or wake each other.</param>
/// <param name="Yields">sched_yield: threads that look for work before they sleep. How often they look depends on what else runs.</param>
internal readonly record struct SystemCalls(long All, long Receives, long Sends, long Waits, long Wakes, long Yields)
{
    /// <summary>All that do something.</summary>
    public long Work => All - Yields;
}
