using System.Reactive.Concurrency;
using Reactive.Network.Internal;

namespace Reactive.Network.Peers;

/// <summary>A strand that works off what is posted to it, in order.</summary>
/// <remarks>
/// Queue: posted work. Its bound is its senders': each connection posts at most four things in its life, each dialling one, each discovery one, and users
/// at most 1,024 that wait.
/// </remarks>
internal abstract class Mailbox(IScheduler scheduler) : Strand(scheduler)
{
    private const int PerTurn = 64;

    private readonly Lock _gate = new();
    private readonly Queue<Action> _posted = new();

    public void Post(Action work)
    {
        lock (_gate)
        {
            _posted.Enqueue(work);
        }

        MarkReady();
    }

    /// <summary>The end of each turn.</summary>
    /// <returns>Whether there is more to do without a new event.</returns>
    protected abstract bool OnTurn();

    protected sealed override bool RunTurn()
    {
        bool more = true;
        for (int i = 0; i < PerTurn; i++)
        {
            Action? work;
            lock (_gate)
            {
                if (!_posted.TryDequeue(out work))
                {
                    more = false;
                    break;
                }
            }

            work();
        }

        return OnTurn() || more;
    }
}
