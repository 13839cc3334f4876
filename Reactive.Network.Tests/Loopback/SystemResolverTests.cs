using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Reactive.Network.Peers.Discovery;

namespace Reactive.Network.Tests.Loopback;

/// <summary>DNS over a real socket, from a name server of our own.</summary>
[Trait("Category", "Loopback")]
public sealed class SystemResolverTests : IDisposable
{
    private readonly NameServer _server = new();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task FindsBothFamiliesAndTheShortestTime_WhenAskedForAddresses()
    {
        NameAnswer.Addresses answer = Assert.IsType<NameAnswer.Addresses>(await Ask("relay.example", NameRecord.Address));

        Assert.Equal(["192.0.2.7", "2001:db8::7"], answer.Found.Select(static address => address.ToString()).Order());
        Assert.Equal(TimeSpan.FromSeconds(120), answer.TimeToLive);
    }

    [Fact]
    public async Task FindsHostsAndPorts_WhenAskedForServices()
    {
        NameAnswer.Services answer = Assert.IsType<NameAnswer.Services>(await Ask("_cardano._tcp.pool.example", NameRecord.Service));

        Assert.Equal([new ServiceRecord(1, 20, 3001, "relay.example")], answer.Found);
        Assert.Equal(TimeSpan.FromSeconds(77), answer.TimeToLive);
    }

    [Theory]
    [InlineData("_cardano._tcp.nothing.example", NameFailure.NotFound)]
    [InlineData("_cardano._tcp.broken.example", NameFailure.Unavailable)]
    public async Task TellsWhatIsNotFromWhatFails_WhenThereIsNoAnswer(string name, NameFailure reason)
    {
        NameAnswer.Failed answer = Assert.IsType<NameAnswer.Failed>(await Ask(name, NameRecord.Service));

        Assert.Equal(reason, answer.Reason);
    }

    [Fact]
    public async Task AsksTheSystem_WhenOnlyTheHostsFileKnows()
    {
        NameAnswer.Addresses answer = Assert.IsType<NameAnswer.Addresses>(await Ask("localhost", NameRecord.Address));

        Assert.Contains(answer.Found, IPAddress.IsLoopback);
        Assert.Equal(DnsSchedule.MinTimeToLive, answer.TimeToLive);
    }

    [Fact]
    public void SaysNothing_WhenGivenUp()
    {
        IDisposable lookup = new SystemResolver(new IPEndPoint(IPAddress.Loopback, 9)).Resolve(
            new NameQuestion("relay.example", NameRecord.Address), static _ => Assert.Fail("answered"));

        lookup.Dispose();
    }

    private Task<NameAnswer> Ask(string name, NameRecord record)
    {
        TaskCompletionSource<NameAnswer> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        new SystemResolver(_server.EndPoint).Resolve(new NameQuestion(name, record), answer.SetResult);
        return answer.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    /// <summary>A name server over UDP: as much of RFC 1035 as these names need.</summary>
    private sealed class NameServer : IDisposable
    {
        private const int TypeA = 1;
        private const int TypeAaaa = 28;
        private const int TypeSrv = 33;
        private const int ServerFailure = 2;
        private const int NoSuchName = 3;

        private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));

        public NameServer() => _ = Task.Run(ServeAsync);

        public IPEndPoint EndPoint => (IPEndPoint)_socket.Client.LocalEndPoint!;

        public void Dispose() => _socket.Dispose();

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    UdpReceiveResult query = await _socket.ReceiveAsync();
                    byte[] reply = Reply(query.Buffer);
                    await _socket.SendAsync(reply, reply.Length, query.RemoteEndPoint);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private static byte[] Reply(byte[] query)
        {
            StringBuilder name = new();
            int at = 12;
            while (query[at] != 0)
            {
                name.Append(name.Length > 0 ? "." : "").Append(Encoding.ASCII.GetString(query, at + 1, query[at]));
                at += query[at] + 1;
            }

            int type = BinaryPrimitives.ReadUInt16BigEndian(query.AsSpan(at + 1));
            (int code, (int Ttl, byte[] Data)? record) = (name.ToString(), type) switch
            {
                ("relay.example", TypeA) => (0, ((int, byte[])?)(300, IPAddress.Parse("192.0.2.7").GetAddressBytes())),
                ("relay.example", TypeAaaa) => (0, (120, IPAddress.Parse("2001:db8::7").GetAddressBytes())),
                ("_cardano._tcp.pool.example", TypeSrv) => (0, (77, [0, 1, 0, 20, 0x0B, 0xB9, 5, .. "relay"u8, 7, .. "example"u8, 0])),
                ("_cardano._tcp.broken.example", _) => (ServerFailure, null),
                _ => (NoSuchName, null),
            };

            List<byte> reply =
            [
                query[0], query[1], 0x81, (byte)(0x80 | code), 0, 1, 0, (byte)(record is null ? 0 : 1), 0, 0, 0, 0,
                .. query[12..(at + 5)],
            ];
            if (record is var (ttl, data))
            {
                reply.AddRange([0xC0, 12, 0, (byte)type, 0, 1, 0, 0, (byte)(ttl >> 8), (byte)ttl, 0, (byte)data.Length, .. data]);
            }

            return [.. reply];
        }
    }
}
