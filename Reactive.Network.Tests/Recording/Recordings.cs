using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Peers;
using Reactive.Network.Recording;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Recording;

/// <summary>Connections recorded in virtual time, and what they are replayed against.</summary>
internal static class Recordings
{
    public static NetworkOptions Options(TestScheduler time, IChainSource? serve = null) =>
        new() { Magic = NetworkMagic.Devnet, Scheduler = time, Seed = 7, Serve = serve };

    /// <summary>Records what a client of ours says with a server of ours, until <paramref name="use"/> has had <paramref name="seconds"/>.</summary>
    public static byte[] Record(IChainSource chain, Action<PeerConnection> use, double seconds = 1, InMemoryBearerOptions? path = null)
    {
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time, path);
        var file = new MemoryStream();
        using var capture = new CaptureWriter(file, time, leaveOpen: true);
        PeerConnection server = PeerConnection.Accept(b, Options(time, chain));
        PeerConnection client = PeerConnection.Connect(RecordingBearer.Record(a, CaptureSide.Server, capture, time), Options(time));
        use(client);
        time.AdvanceBy(TimeSpan.FromSeconds(seconds).Ticks);
        _ = client.DisposeAsync().AsTask();
        time.AdvanceBy(TimeSpan.FromSeconds(20).Ticks);
        Assert.True(client.Completion.IsCompletedSuccessfully && server.Completion.IsCompletedSuccessfully);
        Assert.Null(client.Completion.Result);
        return file.ToArray();
    }

    public static List<CaptureRecord> Read(byte[] file)
    {
        var records = new List<CaptureRecord>();
        using var reader = new CaptureReader(new MemoryStream(file));
        while (reader.TryRead(out CaptureRecord record))
        {
            records.Add(record);
        }

        return records;
    }

    /// <summary>A recording of SDUs that a test makes up: who sent it, protocol, half, payload.</summary>
    public static byte[] Of(params (CaptureSide Sender, int Protocol, SduSender Half, string Hex)[] sdus) => Of(isOrdered: true, sdus);

    public static byte[] Of(bool isOrdered, params (CaptureSide Sender, int Protocol, SduSender Half, string Hex)[] sdus)
    {
        var file = new MemoryStream();
        using var capture = new CaptureWriter(file, new TestScheduler(), leaveOpen: true);
        int connection = capture.Open("a to b", isOrdered);
        foreach ((CaptureSide sender, int protocol, SduSender half, string hex) in sdus)
        {
            capture.Write(connection, TimeSpan.FromMilliseconds(5), sender, Sdu(protocol, half, hex));
        }

        capture.Close(connection, CaptureSide.Client, null);
        return file.ToArray();
    }

    public static byte[] Sdu(int protocol, SduSender half, string hex)
    {
        byte[] payload = Convert.FromHexString(hex);
        byte[] sdu = new byte[SduHeader.Size + payload.Length];
        new SduHeader(77, half, new MiniProtocolId((ushort)protocol), payload.Length).Write(sdu);
        payload.CopyTo(sdu, SduHeader.Size);
        return sdu;
    }

    /// <summary>Plays the client of a recording against a server of ours.</summary>
    public static ReplayReport AsClient(byte[] file, IChainSource chain, ReplayOptions? options = null, InMemoryBearerOptions? path = null, int tornAt = 0)
    {
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time, path);
        PeerConnection server = PeerConnection.Accept(new TornBearer(b, tornAt), Options(time, chain));
        ReplayReport report = Run(time, a, file, (options ?? new ReplayOptions()) with { As = CaptureSide.Client });
        Assert.True(server.Completion.IsCompleted);
        return report;
    }

    /// <summary>Plays the server of a recording against a client of ours.</summary>
    public static ReplayReport AsServer(byte[] file, Action<PeerConnection> use, ReplayOptions? options = null, InMemoryBearerOptions? path = null, int tornAt = 0)
    {
        var time = new TestScheduler();
        (IBearer a, IBearer b) = InMemoryBearer.CreatePair(time, path);
        PeerConnection client = PeerConnection.Connect(new TornBearer(a, tornAt), Options(time));
        use(client);
        ReplayReport report = Run(time, b, file, (options ?? new ReplayOptions()) with { As = CaptureSide.Server });
        Assert.True(client.Completion.IsCompleted);
        return report;
    }

    /// <summary>Plays one end against whoever is on the other end of a bearer.</summary>
    public static ReplayReport Run(TestScheduler time, IBearer bearer, byte[] file, ReplayOptions options)
    {
        using ReplayPeer peer = ReplayPeer.Start(bearer, new CaptureReader(new MemoryStream(file)), options with { Scheduler = time });
        for (int second = 0; second < 120 && !peer.Completion.IsCompleted; second++)
        {
            time.AdvanceBy(TimeSpan.FromSeconds(1).Ticks);
        }

        time.AdvanceBy(TimeSpan.FromSeconds(20).Ticks);
        return Report(peer);
    }

    /// <summary>What came of a replay that is over.</summary>
    public static ReplayReport Report(ReplayPeer replay)
    {
        Assert.True(replay.Completion.IsCompleted, "the replay does not end");
        return replay.Completion.GetAwaiter().GetResult();
    }
}
