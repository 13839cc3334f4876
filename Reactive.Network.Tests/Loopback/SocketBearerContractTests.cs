using Reactive.Network.Bearers;

namespace Reactive.Network.Tests.Loopback;

/// <summary>The contract over real sockets.</summary>
public abstract class SocketBearerContractTests : RealTimeBearerContractTests, IDisposable
{
    protected BearerOptions Options => new() { Pool = Pool };

    protected abstract IBearerListener Listener { get; }

    protected abstract Task<IBearer> ConnectToListener();

    public void Dispose()
    {
        Listener.Dispose();
        GC.SuppressFinalize(this);
    }

    protected override (IBearer A, IBearer B) Connect()
    {
        TaskCompletionSource<IBearer> accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Listener.AcceptNext((bearer, failure) =>
        {
            if (bearer is not null)
            {
                accepted.SetResult(bearer);
            }
            else
            {
                accepted.SetException(failure!);
            }
        });
        Task<IBearer> connected = ConnectToListener();
#pragma warning disable xUnit1031 // the contract tests are synchronous, as they are in virtual time; this waits for loopback only
        Assert.True(Task.WaitAll([connected, accepted.Task], Patience), "no connection");
        return (connected.Result, accepted.Task.Result);
#pragma warning restore xUnit1031
    }
}
