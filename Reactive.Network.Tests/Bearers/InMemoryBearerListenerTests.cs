using Microsoft.Reactive.Testing;
using Reactive.Network.Bearers;

namespace Reactive.Network.Tests.Bearers;

public class InMemoryBearerListenerTests
{
    private readonly TestScheduler _time = new();
    private readonly object _changed = new();
    private readonly List<IBearer> _accepted = [];

    [Fact]
    public void BytesCrossBothWays_WhenAccepted()
    {
        using InMemoryBearerListener listener = new(_time, "server");
        RecordingSink atClient = new(_changed);
        RecordingSink atServer = new(_changed);
        listener.AcceptNext((bearer, _) =>
        {
            atServer.StartOn(bearer!);
            bearer!.TryWrite(new byte[] { 2 });
        });

        IBearer client = listener.Connect();
        atClient.StartOn(client);
        client.TryWrite(new byte[] { 1 });
        _time.Start();

        Assert.Equal([1], atServer.Received);
        Assert.Equal([2], atClient.Received);
        Assert.Equal("server", client.RemoteName);
    }

    [Fact]
    public void AcceptsOneEachTime_WhenManyWait()
    {
        using InMemoryBearerListener listener = new(_time, "server");
        listener.Connect();
        listener.Connect(clientName: "wallet");
        listener.Connect();

        listener.AcceptNext(Accept);
        _time.Start();
        Assert.Single(_accepted);
        listener.AcceptNext(AcceptAndAskAgain);
        _time.Start();

        Assert.Equal(["server#1", "wallet", "server#3"], _accepted.Select(bearer => bearer.RemoteName));

        void AcceptAndAskAgain(IBearer? bearer, BearerException? failure)
        {
            Accept(bearer, failure);
            listener.AcceptNext(AcceptAndAskAgain);
        }
    }

    [Fact]
    public void Refuses_WhenTheBacklogIsFull()
    {
        using InMemoryBearerListener listener = new(_time) { Backlog = 1 };
        listener.Connect();

        BearerException refused = Assert.Throws<BearerException>(() => listener.Connect());

        Assert.Equal(BearerFailure.ConnectFailed, refused.Kind);
    }

    [Fact]
    public void ResetsThoseThatWaitAndRefusesOthers_WhenDisposed()
    {
        InMemoryBearerListener listener = new(_time);
        RecordingSink waiting = new(_changed);
        waiting.StartOn(listener.Connect());
        listener.Dispose();
        BearerException? failure = null;
        listener.Connect((_, refused) => failure = refused);

        _time.Start();

        Assert.Equal(BearerFailure.Reset, waiting.Cause?.Kind);
        Assert.Equal(BearerFailure.ConnectFailed, failure?.Kind);
    }

    [Fact]
    public void NeverAnswers_WhenDisposedWhileAsked()
    {
        InMemoryBearerListener listener = new(_time);
        listener.AcceptNext(Accept);
        listener.Connect();

        listener.Dispose();
        listener.AcceptNext(Accept);
        _time.Start();

        Assert.Empty(_accepted);
    }

    [Fact]
    public void AnswersInATurn_WhenConnectedWithACallback()
    {
        using InMemoryBearerListener listener = new(_time);
        IBearer? connected = null;

        listener.Connect((bearer, _) => connected = bearer);
        Assert.Null(connected);
        _time.Start();

        Assert.NotNull(connected);
    }

    [Fact]
    public void NeverAnswersAndResets_WhenTheConnectingIsDisposed()
    {
        using InMemoryBearerListener listener = new(_time);
        RecordingSink atServer = new(_changed);
        listener.AcceptNext((bearer, _) => atServer.StartOn(bearer!));
        IDisposable connecting = listener.Connect((_, _) => Assert.Fail("answered"));

        connecting.Dispose();
        _time.Start();

        Assert.Equal(BearerFailure.Reset, atServer.Cause?.Kind);
    }

    [Fact]
    public void Throws_WhenAskedTwice()
    {
        using InMemoryBearerListener listener = new(_time);
        listener.AcceptNext(Accept);

        Assert.Throws<InvalidOperationException>(() => listener.AcceptNext(Accept));
    }

    private void Accept(IBearer? bearer, BearerException? failure) => _accepted.Add(bearer!);
}
