using Reactive.Network.Bearers;

namespace Reactive.Network.Tests.Loopback;

public class UnixSocketBearerTests : SocketBearerContractTests
{
    private readonly UnixSocketBearerListener _listener;

    public UnixSocketBearerTests() => _listener = UnixSocketBearerListener.Listen(TemporarySocket.NewPath(), Options);

    protected override IBearerListener Listener => _listener;

    // A Unix socket has no reset.
    protected override bool AbortIsSeenAsReset => false;

    protected override Task<IBearer> ConnectToListener() => UnixSocketBearer.ConnectAsync(_listener.LocalName, Options);

    [Fact]
    public async Task FailsInOneLine_WhenNobodyListens()
    {
        string path = TemporarySocket.NewPath();

        BearerException failed = await Assert.ThrowsAsync<BearerException>(
            () => UnixSocketBearer.ConnectAsync(path, cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(BearerFailure.ConnectFailed, failed.Kind);
        Assert.StartsWith($"cannot connect to {path}: ", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failed.Message);
    }

    [Fact]
    public async Task CallsBack_WhenConnected()
    {
        TaskCompletionSource<IBearer?> connected = new();

        UnixSocketBearer.Connect(_listener.LocalName, Options, (bearer, _) => connected.SetResult(bearer));

        using IBearer? bearer = await connected.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(_listener.LocalName, bearer?.RemoteName);
    }
}
