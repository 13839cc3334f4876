using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using Reactive.Network;
using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.LocalStateQuery;
using Reactive.Network.Protocols.LocalTxMonitor;
using Reactive.Network.Storage;
using Rxnet.Local;
using Rxnet.Output;

namespace Rxnet.Commands;

/// <summary>One run of <c>rxnet serve</c>.</summary>
internal sealed record ServeRun
{
    /// <summary>Bytes of transactions that a mempool of mainnet takes: two blocks.</summary>
    private const uint MempoolBytes = 2 * 90_112;

    public required string Directory { get; init; }

    /// <summary><see langword="null"/>: what stands beside the directory, else mainnet.</summary>
    public required NetworkMagic? Magic { get; init; }

    /// <summary>For nodes; <see langword="null"/>: not at all.</summary>
    public required PeerAddress? Listen { get; init; }

    /// <summary>For local clients; <see langword="null"/>: not at all.</summary>
    public required string? Socket { get; init; }

    /// <summary>The blocks to begin with, where the chain is to grow.</summary>
    public required int? Start { get; init; }

    /// <summary>How often it grows by a block.</summary>
    public required TimeSpan Every { get; init; }

    public required bool Json { get; init; }

    public async Task<int> RunAsync(CancellationToken stop)
    {
        using ImmutableDatabase recorded = ImmutableDatabase.Open(
            Directory, new ImmutableDatabaseOptions { SlotsPerChunk = SlotsPerChunk.Of(Magic ?? NetworkMagic.Mainnet) });
        if (recorded.Defect is { } defect)
        {
            await Console.Error.WriteLineAsync($"rxnet: {defect}").ConfigureAwait(false);
        }

        using ReplayedChain? growing = Start is { } blocks ? new ReplayedChain(recorded, blocks) : null;
        using var mempool = new InMemoryMempool(MempoolBytes);
        IChainSource chain = growing ?? (IChainSource)recorded;
        var options = new NetworkOptions
        {
            Magic = Magic ?? recorded.Magic ?? NetworkMagic.Mainnet,
            Scheduler = DefaultScheduler.Instance,
            Serve = chain,
        };
        using StandardOutput standard = new();
        var output = new ServeOutput(standard, Json);
        using PeerListener? nodes = await ListenAsync(recorded, options, output, stop).ConfigureAwait(false);
        using LocalListener? clients = ListenLocally(recorded, chain, growing, mempool, options, output);
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable growth = Grow(
            growing,
            mempool,
            options.Scheduler,
            error => failed.TrySetException(new IOException($"the chain cannot grow any more: {error.Message}", error)));
        try
        {
            await failed.Task.WaitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // How it ends.
        }
        finally
        {
            // For those who are connected in order.
            IEnumerable<IAsyncDisposable> connected = [.. nodes?.Connections ?? [], .. clients?.Connections ?? []];
            await Task.WhenAll(connected.Select(static connection => connection.DisposeAsync().AsTask())).ConfigureAwait(false);
        }

        return ExitCode.Done;
    }

    private async Task<PeerListener?> ListenAsync(ImmutableDatabase recorded, NetworkOptions options, ServeOutput output, CancellationToken stop)
    {
        if (Listen is not { } listen)
        {
            return null;
        }

        TcpBearerListener socket = TcpBearerListener.Listen(await ServeCommand.ResolveAsync(listen, stop).ConfigureAwait(false), options.Bearer);

        // Told before anybody can connect: it is the first line.
        output.Listening(socket.LocalEndPoint, options.Magic, recorded);
        return PeerListener.Start(socket, options, output.Accepted);
    }

    private LocalListener? ListenLocally(
        ImmutableDatabase recorded, IChainSource chain, ReplayedChain? growing, InMemoryMempool mempool, NetworkOptions options, ServeOutput output)
    {
        if (Socket is not { } path)
        {
            return null;
        }

        var ledger = new ChainLedger(chain, ChainLedgerOptions.Of(options.Magic));
        var service = new LocalService
        {
            Chain = chain,
            Ledger = ledger,
            Transactions = new MempoolAcceptor(mempool, () => EraOf(chain), output.Submitted),
            Mempool = MempoolMonitor.Of(mempool, MempoolBytes, () => SlotBehind(chain.Tip.Point), growing?.Changes.Select(static _ => Unit.Default)),
        };
        UnixSocketBearerListener socket = UnixSocketBearerListener.Listen(path, options.Bearer);
        output.ListeningLocally(socket.LocalName, options.Magic, recorded);
        return LocalListener.Start(socket, options, service, output.Accepted);
    }

    /// <summary>Adds block after block, and takes what is in it out of the mempool first: clients that hear of the block see a mempool without it.</summary>
    private IDisposable Grow(ReplayedChain? growing, InMemoryMempool mempool, IScheduler scheduler, Action<Exception> failed)
    {
        return growing is null
            ? Disposable.Empty
            : Observable.Interval(Every, scheduler).TakeWhile(_ => growing.TryAdvance(tip => Take(growing, tip.Point, mempool))).Subscribe(static _ => { }, failed);
    }

    private static void Take(ReplayedChain chain, Point point, InMemoryMempool mempool)
    {
        using IBlockCursor? range = chain.ReadRange(point, point);
        if (range is not null && range.TryNext(out Block block))
        {
            using (block)
            {
                foreach (TransactionId id in block.Transactions.ReadIds())
                {
                    // It may have been submitted under the name of an era before.
                    for (Era era = Era.Byron; era <= id.Era; era++)
                    {
                        mempool.Remove(id with { Era = era });
                    }
                }
            }
        }
    }

    /// <summary>The slot that a mempool is validated against: the one behind the tip.</summary>
    private static ulong SlotBehind(Point tip) => tip.IsOrigin ? 0 : tip.Slot + 1;

    private static Era EraOf(IChainSource chain)
    {
        Point tip = chain.Tip.Point;
        using IBlockCursor? range = tip.IsOrigin ? null : chain.ReadRange(tip, tip);
        if (range is null || !range.TryNext(out Block block))
        {
            return Era.Byron;
        }

        using (block)
        {
            return block.Era;
        }
    }
}
