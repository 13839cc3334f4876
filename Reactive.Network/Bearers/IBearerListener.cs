namespace Reactive.Network.Bearers;

/// <summary>Accepts bearers, one at a time, when asked: so that the accept limits are the caller's to keep.</summary>
public interface IBearerListener : IDisposable
{
    /// <summary>Where it listens: <c>address:port</c> with the real port, a socket path, or a name.</summary>
    string LocalName { get; }

    /// <summary>
    /// Accepts the next bearer and calls <paramref name="accepted"/> with it, or with the reason why this one failed (the listener can be asked
    /// again). One call at a time: the next only after the answer to this one. After <see cref="IDisposable.Dispose"/> there are no more answers.
    /// </summary>
    void AcceptNext(Action<IBearer?, BearerException?> accepted);
}
