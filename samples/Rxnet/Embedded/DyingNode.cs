using System.Reactive;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using Reactive.Network.Chain;

namespace Rxnet.Embedded;

/// <summary>Dies in the middle of a batch, when it has served so many blocks, and is not started again.</summary>
internal sealed class DyingNode(int afterBlocks) : HonestNode, IChainSource
{
    private readonly AsyncSubject<Unit> _dies = new();
    private int _served;

    public override string Role => "dies";

    public override IChainSource Served => this;

    public override IObservable<Unit> Dies => _dies.AsObservable();

    Tip IChainSource.Tip => base.Served.Tip;

    IObservable<Tip> IChainSource.Changes => base.Served.Changes;

    IChainCursor IChainSource.Follow() => base.Served.Follow();

    IBlockCursor? IChainSource.ReadRange(Point first, Point last) => base.Served.ReadRange(first, last) is { } range ? new Range(range, this) : null;

    protected override void Dispose(bool disposing)
    {
        _dies.Dispose();
        base.Dispose(disposing);
    }

    private bool Serves()
    {
        if (Interlocked.Increment(ref _served) <= afterBlocks)
        {
            return true;
        }

        _dies.OnNext(Unit.Default);
        _dies.OnCompleted();
        return false;
    }

    private sealed class Range(IBlockCursor range, DyingNode node) : IBlockCursor
    {
        public bool TryNext(out Block block)
        {
            bool isThere = range.TryNext(out block);
            if (isThere && !node.Serves())
            {
                block.Dispose();
                throw new ChainSourceException("the node has died");
            }

            return isThere;
        }

        public void Dispose() => range.Dispose();
    }
}
