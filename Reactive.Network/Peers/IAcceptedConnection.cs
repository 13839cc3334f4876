namespace Reactive.Network.Peers;

/// <summary>What an <see cref="AcceptLoop{TConnection}"/> needs to know of a connection.</summary>
internal interface IAcceptedConnection<out TSelf> : IDisposable
{
    /// <summary>Calls <paramref name="ended"/> once when the connection has ended, or now. Runs no user code.</summary>
    void WhenEnded(Action<TSelf> ended);
}
