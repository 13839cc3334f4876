using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;

namespace Reactive.Network.Tests.Multiplexing;

/// <summary>A lane that sends what it is told to and keeps what it gets.</summary>
internal sealed class TestLane(
    Multiplexer mux, int protocol, SduSender half, long maxIngressBytes = 1_000_000, int maxMessageBytes = 65_535, bool drains = false)
    : Lane(mux, new MiniProtocolId((ushort)protocol), $"test-{protocol}", half, maxIngressBytes, maxMessageBytes)
{
    private readonly Queue<byte[]> _outgoing = new();

    /// <summary>What came in, in hex digits.</summary>
    public List<string> Messages { get; } = [];

    /// <summary>When it came in.</summary>
    public List<long> Arrivals { get; } = [];

    /// <summary>Called before a message is kept and given back.</summary>
    public Action<IngressMessage>? Handler { get; set; }

    /// <summary>Runs at the end of the next turn that writes, before what it wrote is committed.</summary>
    public Action? Written { get; set; }

    public bool MayTake { get; set; } = true;

    public bool Works { get; set; }

    /// <summary>Whether nobody waits for what it sends.</summary>
    public bool IsPatient { get; set; }

    public int FirstBytes { get; private set; }

    public List<int> Partials { get; } = [];

    public int Closes { get; private set; }

    public NetworkException? ClosedWith { get; private set; }

    public int Unsent => _outgoing.Count;

    public override bool IsActive => Works;

    protected override bool CanTake => MayTake;

    protected override bool DrainsAfterClose => drains;

    /// <summary>Sends messages, as far as there is room; the rest when there is again.</summary>
    public void Send(params byte[][] messages)
    {
        foreach (byte[] message in messages)
        {
            _outgoing.Enqueue(message);
        }

        MarkReady();
    }

    public void Expect(long due) => ExpectMessageBy(due);

    protected override void OnMessage(in IngressMessage message)
    {
        Handler?.Invoke(message);
        Messages.Add(Convert.ToHexStringLower(message.Lease.Span));
        Arrivals.Add(message.Arrival);
        message.Lease.Release();
    }

    protected override bool OnTurn()
    {
        bool any = false;
        while (_outgoing.Count > 0 && Egress.HasRoom)
        {
            byte[] message = _outgoing.Dequeue();
            message.CopyTo(Egress.GetSpan(message.Length));
            Egress.Advance(message.Length);
            any = true;
        }

        if (any)
        {
            if (IsPatient)
            {
                FlushLater();
            }
            else
            {
                Flush();
            }

            Action? written = Written;
            Written = null;
            written?.Invoke();
        }

        return false;
    }

    protected override void OnFirstBytes() => FirstBytes++;

    protected override void OnPartial(int bytes) => Partials.Add(bytes);

    protected override void OnClosed(NetworkException? cause)
    {
        Closes++;
        ClosedWith = cause;
    }

    protected override NetworkException TimedOut() => new ProtocolViolationException(ProtocolViolation.Timeout, Name, "Waiting", "timed out");
}
