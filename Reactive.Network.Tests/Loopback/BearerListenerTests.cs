using System.Net;
using System.Net.Sockets;
using Reactive.Network.Bearers;

namespace Reactive.Network.Tests.Loopback;

[Trait("Category", "Loopback")]
public class BearerListenerTests
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    [Fact]
    public void NamesTheRealPort_WhenPortIsZero()
    {
        using TcpBearerListener listener = TcpBearerListener.Listen(AnyPort);

        Assert.NotEqual(0, listener.LocalEndPoint.Port);
        Assert.Equal($"127.0.0.1:{listener.LocalEndPoint.Port}", listener.LocalName);
    }

    [Fact]
    public void FailsInOneLine_WhenThePortIsInUse()
    {
        using TcpBearerListener first = TcpBearerListener.Listen(AnyPort);

        BearerException failed = Assert.Throws<BearerException>(() => TcpBearerListener.Listen(first.LocalEndPoint));

        Assert.Equal(BearerFailure.ListenFailed, failed.Kind);
        Assert.Equal(Fault.Local, failed.Fault);
        Assert.Equal($"cannot listen on {first.LocalName}: address in use", failed.Message);
    }

    [Fact]
    public async Task ListensAgain_WhenItsConnectionsJustClosed()
    {
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        TcpBearerListener first = TcpBearerListener.Listen(AnyPort);
        using (Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            TaskCompletionSource<IBearer> accepted = new();
            first.AcceptNext((bearer, _) => accepted.SetResult(bearer!));
            await client.ConnectAsync(first.LocalEndPoint, cancelled);
            IBearer server = await accepted.Task.WaitAsync(TimeSpan.FromSeconds(30), cancelled);
            TaskCompletionSource closed = new();
            server.Start(new ClosedSink(closed));

            // The server ends first: its half of the connection stays in TIME_WAIT.
            server.Close();
            Assert.Equal(0, await client.ReceiveAsync(new byte[1], cancelled));
            client.Shutdown(SocketShutdown.Send);
            await closed.Task.WaitAsync(TimeSpan.FromSeconds(30), cancelled);
        }

        first.Dispose();
        using TcpBearerListener second = TcpBearerListener.Listen(first.LocalEndPoint);

        Assert.Equal(first.LocalName, second.LocalName);
    }

    [Fact]
    public async Task AllAreAccepted_WhenSixHundredConnectAtOnce()
    {
        const int Count = 600;
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        using TcpBearerListener listener = TcpBearerListener.Listen(AnyPort);
        Task<IBearer>[] connecting =
            [.. Enumerable.Range(0, Count).Select(_ => TcpBearer.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, cancellationToken: cancelled))];
        List<IBearer> accepted = [];
        TaskCompletionSource all = new();
        listener.AcceptNext(Accept);

        IBearer[] clients = await Task.WhenAll(connecting).WaitAsync(TimeSpan.FromSeconds(60), cancelled);
        await all.Task.WaitAsync(TimeSpan.FromSeconds(60), cancelled);

        Assert.Equal(Count, accepted.Count);
        foreach (IBearer bearer in clients.Concat(accepted))
        {
            bearer.Dispose();
        }

        void Accept(IBearer? bearer, BearerException? failure)
        {
            accepted.Add(bearer!);
            if (accepted.Count == Count)
            {
                all.SetResult();
            }
            else
            {
                listener.AcceptNext(Accept);
            }
        }
    }

    [Fact]
    public async Task NeverAnswers_WhenDisposedWhileAsked()
    {
        TcpBearerListener listener = TcpBearerListener.Listen(AnyPort);
        bool answered = false;
        listener.AcceptNext((_, _) => answered = true);

        listener.Dispose();
        BearerException refused = await Assert.ThrowsAsync<BearerException>(
            () => TcpBearer.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(BearerFailure.ConnectFailed, refused.Kind);
        Assert.False(answered);
    }

    [Fact]
    public void Throws_WhenAskedTwice()
    {
        using TcpBearerListener listener = TcpBearerListener.Listen(AnyPort);
        listener.AcceptNext((_, _) => { });

        Assert.Throws<InvalidOperationException>(() => listener.AcceptNext((_, _) => { }));
    }

    [Fact]
    public void RemovesTheSocketFile_WhenDisposed()
    {
        string path = TemporarySocket.NewPath();
        UnixSocketBearerListener listener = UnixSocketBearerListener.Listen(path);
        Assert.True(File.Exists(path));

        listener.Dispose();
        listener.Dispose();

        Assert.False(File.Exists(path));
    }

    [Fact]
    public void ReplacesTheSocketFile_WhenNobodyListensThere()
    {
        string path = TemporarySocket.NewPath();
        LeaveStale(path);
        Assert.True(File.Exists(path));

        using UnixSocketBearerListener listener = UnixSocketBearerListener.Listen(path);

        Assert.Equal(path, listener.LocalName);
    }

    [Fact]
    public void LeavesTheSocketFile_WhenSomebodyListensThere()
    {
        string path = TemporarySocket.NewPath();
        using UnixSocketBearerListener first = UnixSocketBearerListener.Listen(path);

        BearerException failed = Assert.Throws<BearerException>(() => UnixSocketBearerListener.Listen(path));

        Assert.Equal(BearerFailure.ListenFailed, failed.Kind);
        Assert.Equal($"cannot listen on {path}: address in use", failed.Message);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void LeavesTheFile_WhenItIsNoSocket()
    {
        string path = TemporarySocket.NewPath();
        File.WriteAllText(path, "precious");

        Assert.Throws<BearerException>(() => UnixSocketBearerListener.Listen(path));

        Assert.Equal("precious", File.ReadAllText(path));
        File.Delete(path);
    }

    // As a killed process does: the socket is closed, its file stays. The runtime removes the file of a socket under the path it was bound with.
    private static void LeaveStale(string path)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path + "~"));
        socket.Listen();
        File.Move(path + "~", path);
    }

    private sealed class ClosedSink(TaskCompletionSource closed) : IBearerSink
    {
        public void OnReceived(ReadOnlySpan<byte> bytes)
        {
        }

        public void OnWritable()
        {
        }

        public void OnClosed(BearerException? cause) => closed.SetResult();
    }
}
