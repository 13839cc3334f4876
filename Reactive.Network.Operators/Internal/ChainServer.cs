using System.Reactive.Disposables;
using Reactive.Network.Chain;
using Reactive.Network.Pacing;

namespace Reactive.Network.Operators.Internal;

/// <summary>The observer of <see cref="NetworkObservable.ServeTo(IObservable{ChainEvent{FetchedBlock}}, IChainStore)"/>.</summary>
internal sealed class ChainServer<T>(IChainStore chain, Func<T, Block> blockOf, IPacedObserver<ChainEvent<T>> observer)
    : IPacedObserver<ChainEvent<T>>, IDisposable
{
    private readonly SingleAssignmentDisposable _upstream = new();
    private bool _hasBegun;

    /// <summary>Where an empty chain begins: its number is known with the next block.</summary>
    private Point _base;

    public IDisposable Run(IObservable<ChainEvent<T>> source)
    {
        _upstream.Disposable = Paced.Subscribe(source, this);
        return this;
    }

    public void OnNext(ChainEvent<T> value, Credit credit)
    {
        if (_upstream.IsDisposed)
        {
            return;
        }

        try
        {
            Apply(in value);
        }
        catch (ArgumentException unfit)
        {
            OnError(new ChainMismatchException(value.Point, chain.Tip, unfit));
            return;
        }
#pragma warning disable CA1031 // whatever the chain threw ends the stream, typed as it is
        catch (Exception error)
#pragma warning restore CA1031
        {
            OnError(error);
            return;
        }

        observer.OnNext(value, credit);
    }

    public void OnError(Exception error)
    {
        if (!_upstream.IsDisposed)
        {
            Dispose();
            observer.OnError(error);
        }
    }

    public void OnCompleted()
    {
        if (!_upstream.IsDisposed)
        {
            Dispose();
            observer.OnCompleted();
        }
    }

    public void Dispose() => _upstream.Dispose();

    private void Apply(in ChainEvent<T> value)
    {
        switch (value.Kind)
        {
            case ChainEventKind.RollForward:
                Append(blockOf(value.Value));
                break;
            case ChainEventKind.RollBackward:
                RollBack(value.Point);
                break;
            case ChainEventKind.Intersected when !_hasBegun:
                Begin(value.Point);
                break;
        }

        _hasBegun = true;
    }

    private void Begin(Point point)
    {
        if (!point.IsOrigin && chain.Tip == Tip.Origin)
        {
            _base = point;
            return;
        }

        RollBack(point);
    }

    private void RollBack(Point point)
    {
        if (!_base.IsOrigin)
        {
            // Nothing was added yet.
            _base = point;
            return;
        }

        chain.RollBack(point);
    }

    private void Append(Block block)
    {
        Block copy = block.Copy();
        if (!_base.IsOrigin)
        {
            // An epoch boundary block has the number of the block below it.
            ulong number = copy.BlockNumber;
            chain.StandOn(new Tip(_base, copy.Era == Era.ByronBoundary || number == 0 ? number : number - 1));
            _base = default;
        }

        chain.Append(copy);
    }
}
