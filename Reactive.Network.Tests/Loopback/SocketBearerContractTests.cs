using System.Diagnostics;
using Reactive.Network.Bearers;
using Reactive.Network.Tests.Bearers;

namespace Reactive.Network.Tests.Loopback;

/// <summary>The contract over real sockets, in real time that is bounded.</summary>
[Trait("Category", "Loopback")]
public abstract class SocketBearerContractTests : BearerContractTests, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

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

    protected override void WaitUntil(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        lock (Changed)
        {
            while (!condition())
            {
                Assert.True(Stopwatch.GetElapsedTime(start) < Patience, $"never came: {what}");

                // Sinks pulse; a buffer that goes back to its pool does not, so look again now and then.
                Monitor.Wait(Changed, TimeSpan.FromMilliseconds(20));
            }
        }
    }
}
