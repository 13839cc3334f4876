using Microsoft.Reactive.Testing;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Multiplexing;

/// <summary>A multiplexer alone: a bearer in the hands of the test, virtual time, a pool that knows what is out.</summary>
internal sealed class MuxRig
{
    public MuxRig(MuxOptions? options = null, bool pausesWhenFull = false)
    {
        Mux = new Multiplexer(Bearer, options ?? MuxOptions.Default, new NetworkClock(Time), Pool, Faults.Add)
        {
            Ended = cause => Ends.Add(cause),
            PausesWhenFull = pausesWhenFull,
        };
        Handshake = new TestLane(Mux, 0, SduSender.Responder);
        Mux.Start(Handshake);
    }

    public TestScheduler Time { get; } = new();

    public PoisoningArrayPool Pool { get; } = new();

    public RecordingBearer Bearer { get; } = new();

    public Multiplexer Mux { get; }

    public TestLane Handshake { get; }

    public List<Exception> Faults { get; } = [];

    public List<NetworkException?> Ends { get; } = [];

    /// <summary>Open, with responders of the mini-protocols 1 to <paramref name="lanes"/>.</summary>
    public static (MuxRig Rig, TestLane[] Lanes) WithLanes(int lanes, MuxOptions? options = null)
    {
        var rig = new MuxRig(options);
        TestLane[] all = [.. Enumerable.Range(1, lanes).Select(number => new TestLane(rig.Mux, number, SduSender.Responder))];
        rig.Open(all);
        return (rig, all);
    }

    public void Open(params Lane[] lanes)
    {
        Mux.Open(lanes);
        Settle();
    }

    /// <summary>Runs a thousand turns.</summary>
    public void Settle() => Time.AdvanceBy(1000);

    /// <summary>The SDUs of a batch.</summary>
    public static List<(SduHeader Header, byte[] Payload)> SdusOf(byte[] batch)
    {
        var sdus = new List<(SduHeader, byte[])>();
        for (int position = 0; position < batch.Length;)
        {
            SduHeader header = SduHeader.Read(batch.AsSpan(position));
            sdus.Add((header, batch.AsSpan(position + SduHeader.Size, header.PayloadLength).ToArray()));
            position += SduHeader.Size + header.PayloadLength;
        }

        return sdus;
    }
}
