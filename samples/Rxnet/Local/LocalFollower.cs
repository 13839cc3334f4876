using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using Reactive.Network;
using Reactive.Network.Cbor;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.Handshake;
using Rxnet.Following;

namespace Rxnet.Local;

/// <summary>Follows the blocks of a local node: checked, nothing lost, nothing twice, over its restarts. For one use of <see cref="Follow"/>.</summary>
/// <param name="node">Whose chain.</param>
/// <param name="from">The point to follow from; <see langword="null"/> for the tip.</param>
/// <param name="scheduler">Where waits are waited.</param>
internal sealed class LocalFollower(LocalNode node, Point? from, IScheduler scheduler) : IFollower
{
    /// <summary>As deep as <see cref="Follower"/> goes back.</summary>
    private const int MaxRollback = 16_000;

    private LocalConnection? _connection;
    private bool _wasUp;
    private bool _hasBegun;

    /// <summary>Follows until disposed. Fails at once where the node cannot be reached at first, and where it breaks a rule.</summary>
    public IObservable<FollowEvent> Follow() => Observable.Create<FollowEvent>(observer =>
    {
        IObserver<FollowEvent> told = Observer.Synchronize(observer);
        return Once(told, client => from is { } start ? client.FollowBlocks(start) : client.FollowBlocksFromTip())
            .ResumeWithBackoff(points => Once(told, client => client.FollowBlocks(points)), new Backoff { RetryOn = IsWorthATry }, MaxRollback, scheduler)
            .Select(Told)
            .Where(static one => one is not null)
            .Select(static one => one!)
            .Subscribe(told);
    });

    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>One connection, for as long as it lasts.</summary>
    private IObservable<ChainEvent<BlockFacts>> Once(IObserver<FollowEvent> told, Func<LocalChainSyncClient, IObservable<ChainEvent<Block>>> follow) =>
        Observable.FromAsync(node.ConnectAsync)
            .SelectMany(connection =>
            {
                _connection = connection;
                _wasUp = true;
                told.OnNext(new FollowEvent.PeerUp(node.Path));
                return follow(connection.ChainSync).SelectBlock(Facts).Finally(() => _ = connection.DisposeAsync().AsTask());
            })
            .Do(static _ => { }, error =>
            {
                if (_wasUp && error is NetworkException)
                {
                    told.OnNext(new FollowEvent.PeerDown(node.Path, error, IsDropped: !IsWorthATry(error)));
                }
            });

    private BlockFacts Facts(Block block)
    {
        using (block)
        {
            return new BlockFacts(block.BlockNumber, block.Era, block.Size, block.TransactionCount, node.Path);
        }
    }

    private FollowEvent? Told(ChainEvent<BlockFacts> followed)
    {
        bool isFirst = !_hasBegun;
        _hasBegun = true;
        return followed.Kind switch
        {
            ChainEventKind.RollForward => new FollowEvent.RollForward(followed.Point, followed.Value, followed.Tip),
            ChainEventKind.RollBackward => new FollowEvent.RollBackward(followed.Point, followed.Tip),
            ChainEventKind.Intersected when isFirst => new FollowEvent.Intersect(followed.Point, followed.Tip),
            _ => null,
        };
    }

    /// <summary>A node that was there and restarts is waited for. A path where nobody ever was is a mistake, and what broke a rule breaks it again.</summary>
    private bool IsWorthATry(Exception error) => _wasUp && error switch
    {
        InvalidBlockException or BrokenLinkException or CodecException or HandshakeRefusedException or IntersectionNotFoundException => false,
        NetworkException network => network.Fault == Fault.Transport || network is ConnectionClosedException,
        IOException => true,
        _ => false,
    };
}
