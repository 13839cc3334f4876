using System.Collections.Immutable;
using System.Reactive;
using Reactive.Network.Bearers;
using Reactive.Network.Peers.Candidates;

namespace Reactive.Network.Peers;

/// <summary>A network of peers as one thing: finds them, connects to them, measures them, and keeps as many in use as it is told to.</summary>
/// <remarks>
/// <para>One peer's failure is an event of <see cref="Peers"/>, never its end: a peer that goes is dialled again, after a wait.</para>
/// <para>Any thread. Disposing ends every connection and is the only thing that needs to be done with it.</para>
/// </remarks>
public sealed class PeerNetwork : IAsyncDisposable, IDisposable
{
    private readonly PeerEngine _engine;

    private PeerNetwork(NetworkOptions options) => _engine = new PeerEngine(options, hasApart: true);

    /// <summary>What happens to the peers.</summary>
    /// <remarks>
    /// Shared; every subscription opens with a <see cref="PeerEvent.Snapshot"/> and misses nothing from there on. Observers are called on a strand of their
    /// own; one that is slower than the events gets a new snapshot in place of those it did not take. The elements are plain memory. Completes when the
    /// network is disposed. Never fails. Disposing ends the subscription.
    /// </remarks>
    public IObservable<PeerEvent> Peers => _engine.Events;

    /// <summary>Every known peer now, by id.</summary>
    public ImmutableArray<IPeer> Snapshot => _engine.Events.Snapshot;

    /// <summary>What hot peers announce.</summary>
    public CandidateChains Chains => _engine.Chains;

    /// <summary>The transactions that peers offer, each once: from connections that peers opened, and from duplex ones.</summary>
    /// <remarks>
    /// Per-subscription, one at a time: a second fails with <see cref="Protocols.ProtocolBusyException"/> while the first lives. The observer is called on a strand
    /// of its own. The elements are plain memory. Completes when the network is disposed. Never fails otherwise: a peer that breaks a rule is left. Disposing stops
    /// the asking; a transaction that was asked for then may not come again. A transaction is asked of two peers at most, in case the first does not deliver; the
    /// last 8,192 are remembered. Behind <see cref="IObservable{T}"/> stands an <see cref="Pacing.IPacedObservable{T}"/>: a peer is asked for more as its
    /// transactions are consumed.
    /// </remarks>
    public IObservable<ReceivedTransaction> Transactions => _engine.Transactions;

    /// <summary>
    /// What the user wants done about peers: commands are taken from any thread and carried out in order. At most 1,024 wait;
    /// one more throws <see cref="InvalidOperationException"/>. Its end is ignored.
    /// </summary>
    public IObserver<PeerCommand> Commands { get; private set; } = null!;

    /// <summary>Where it listens, with the real port; <see langword="null"/> where it does not.</summary>
    public string? LocalName => _engine.LocalName;

    /// <summary>Starts a network. Returns at once; peers come and go from then on.</summary>
    /// <param name="options">Its options; <see cref="NetworkOptions.LocalRoots"/> are the peers to begin with.</param>
    public static PeerNetwork Start(NetworkOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var network = new PeerNetwork(options);
        network.Commands = Observer.Create<PeerCommand>(network._engine.Command, static _ => { }, static () => { });
        network._engine.Start();
        return network;
    }

    /// <summary>Accepts connections too, within <see cref="NetworkOptions.AcceptLimits"/>. Once.</summary>
    /// <param name="listener">Owned from here on.</param>
    /// <exception cref="InvalidOperationException">It listens already, or was disposed.</exception>
    public void Listen(IBearerListener listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        _engine.Listen(listener);
    }

    /// <summary>Ends every connection at once. Idempotent.</summary>
    public void Dispose() => _engine.Dispose();

    /// <summary>Ends every connection in order, within <see cref="Multiplexing.MuxOptions.DrainTimeout"/>. Idempotent.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_engine.Stop()).ConfigureAwait(false);
        _engine.Dispose();
    }
}
