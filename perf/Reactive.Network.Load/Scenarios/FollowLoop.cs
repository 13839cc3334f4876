using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.ChainSync;

namespace Reactive.Network.Load.Scenarios;

/// <summary>Follows headers over one connection for a while, then drains.</summary>
internal sealed class FollowLoop(PeerConnection connection, bool points)
{
    public Work Run(TimeSpan time)
    {
        var observer = new Observer(points);
        using (connection.ChainSync.Follow(Point.Origin).Recycle(observer))
        {
            if (observer.Failed.Wait(time))
            {
                throw observer.Failure!;
            }

            // What is counted was delivered by now; what is under way is not.
            return new Work(Volatile.Read(ref observer.Headers), Volatile.Read(ref observer.Bytes));
        }
    }

    private sealed class Observer(bool points) : IObserver<ChainSyncEvent>
    {
        // tag, era, tag 24 and heads before the header; the tip behind it: about as much as the encoding adds to a header.
        private const int MessageOverhead = 9 + 47;

        public long Headers;
        public long Bytes;

        public ManualResetEventSlim Failed { get; } = new();

        public Exception? Failure { get; private set; }

        public ulong Slots { get; private set; }

        public void OnNext(ChainSyncEvent value)
        {
            if (value.Kind != ChainEventKind.RollForward)
            {
                return;
            }

            if (points)
            {
                Slots ^= value.Point.Slot;
            }

            Headers++;
            Bytes += value.Header.Size + MessageOverhead;
        }

        public void OnError(Exception error)
        {
            Failure = error;
            Failed.Set();
        }

        public void OnCompleted()
        {
        }
    }
}
