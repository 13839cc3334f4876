using Reactive.Network.Bearers;

namespace Rxnet.Embedded;

/// <summary>Accepts connections and has the node's behaviour at its end of each.</summary>
internal sealed class NodeListener(IBearerListener socket, INodeBehaviour behaviour) : IBearerListener
{
    public string LocalName => socket.LocalName;

    public void AcceptNext(Action<IBearer?, BearerException?> accepted) =>
        socket.AcceptNext((bearer, error) => accepted(bearer is null ? null : behaviour.Accept(bearer), error));

    public void Dispose() => socket.Dispose();
}
