using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;

namespace Reactive.Network.Tests.Protocols.Handshake;

public class HandshakeLaneTests
{
    /// <summary>Seen over loopback: the deadline was set behind the sending, and an answer that was quicker left it standing for ever after.</summary>
    [Fact]
    public void DoesNotTimeOut_WhenTheAnswerComesBeforeTheSendingReturns()
    {
        var time = new TestScheduler();
        var connection = PeerConnection.Connect(
            new AnsweringBearer("000000008000000983010f84182af500f4"), new NetworkOptions { Magic = NetworkMagic.Devnet, Scheduler = time });

        time.AdvanceBy(TimeSpan.FromSeconds(50).Ticks);

        Assert.Equal(15, connection.Version?.Version);
        Assert.False(connection.Completion.IsCompleted);
    }

    /// <summary>Answers the first write before it returns, and then takes everything.</summary>
    private sealed class AnsweringBearer(string answer) : IBearer
    {
        private IBearerSink? _sink;
        private bool _answered;

        public string RemoteName => "answering";

        public void Start(IBearerSink sink) => _sink = sink;

        public bool TryWrite(ReadOnlyMemory<byte> batch)
        {
            if (!_answered)
            {
                _answered = true;
                _sink!.OnReceived(Convert.FromHexString(answer));
            }

            return true;
        }

        public void PauseReading() => throw new NotSupportedException();

        public void ResumeReading()
        {
        }

        public void Close()
        {
        }

        public void Abort()
        {
        }

        public void Dispose()
        {
        }
    }
}
