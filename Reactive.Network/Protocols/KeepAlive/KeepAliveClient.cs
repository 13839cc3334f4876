using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.KeepAlive;

/// <summary>
/// The initiator of keep-alive: pings from the moment the connection is open, again an interval after each answer, and measures the round trip.
/// </summary>
public sealed class KeepAliveClient
{
    private readonly ClientLane _lane;
    private readonly LatestValue<TimeSpan> _roundTrips;

    internal KeepAliveClient(Multiplexer mux, KeepAliveOptions options, SeededRandom random)
    {
        options.Validate();
        _roundTrips = new LatestValue<TimeSpan>(mux.Clock.Scheduler, mux.ReportObserverFault);
        _lane = new ClientLane(mux, options, random, _roundTrips);
    }

    /// <summary>The round-trip time of each ping.</summary>
    /// <remarks>
    /// Shared: a subscriber gets the newest measurement, if there is one, then each later one; one that is slower than the pings sees the newest and
    /// not each. Observers are called on a strand of their own: a slow one does not delay a ping. The elements are values. Completes when the
    /// connection ends by agreement, fails with its cause otherwise. Disposing only ends the subscription: pinging goes on.
    /// </remarks>
    public IObservable<TimeSpan> RoundTrips => _roundTrips;

    /// <summary>The newest round-trip time, or <see langword="null"/> before the first answer.</summary>
    public TimeSpan? RoundTrip => _roundTrips.TryGet(out TimeSpan value) ? value : null;

    internal Lane Lane => _lane;

    internal void Enable() => _lane.Enable();

    private sealed class ClientLane(Multiplexer mux, KeepAliveOptions options, SeededRandom random, LatestValue<TimeSpan> roundTrips)
        : ProtocolLane<KeepAliveProtocol, KeepAliveState, KeepAliveMessageKind>(mux, SduSender.Initiator, random)
    {
        private SeededRandom _random = random;
        private long _pingDue;
        private long _sentAt;
        private ushort _cookie;
        private volatile bool _enabled;

        public override bool IsActive => State == KeepAliveState.Server;

        public void Enable()
        {
            _enabled = true;
            MarkReady();
        }

        protected override void OnMessage(in IngressMessage message)
        {
            KeepAliveMessage answer = KeepAliveCodec.Read(message.Lease);
            Received(answer.Kind, in message);
            message.Lease.Release();
            if (answer.Cookie != _cookie)
            {
                throw Wrong($"the answer carries cookie {answer.Cookie}, the ping carried {_cookie}");
            }

            roundTrips.Set(TimeSpan.FromTicks(message.Arrival - _sentAt));
            _pingDue = message.Arrival + options.Interval.Ticks;
            WakeAt(_pingDue);
        }

        protected override bool OnTurn()
        {
            if (!HasAgency || !_enabled)
            {
                return false;
            }

            if (IsFinishing)
            {
                Sending(KeepAliveMessageKind.Done);
                KeepAliveCodec.Write(Egress, KeepAliveMessage.Done);
                Flush();
            }
            else if (Clock.Now >= _pingDue)
            {
                _cookie = (ushort)_random.Draw();
                _sentAt = Clock.Now;
                Sending(KeepAliveMessageKind.KeepAlive);
                KeepAliveCodec.Write(Egress, KeepAliveMessage.KeepAlive(_cookie));
                Flush();
            }

            return false;
        }

        protected override void OnClosed(NetworkException? cause) => roundTrips.End(cause);
    }
}
