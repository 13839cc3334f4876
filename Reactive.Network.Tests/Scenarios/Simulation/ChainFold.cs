using Reactive.Network.Chain;
using Reactive.Network.Operators;

namespace Reactive.Network.Tests.Scenarios.Simulation;

/// <summary>Folds the events of a followed chain, and says what is wrong with the first one that does not fit.</summary>
internal sealed class ChainFold
{
    private readonly HashSet<Point> _on = [];
    private bool _begins = true;
    private Point? _mustGoBackTo;

    public List<(Point Point, Block Block)> Chain { get; } = [];

    public int Events { get; private set; }

    public int RollBacks { get; private set; }

    public string? Broken { get; private set; }

    public Point Tip => Chain.Count == 0 ? Point.Origin : Chain[^1].Point;

    /// <summary>What a restart resumes from, newest first.</summary>
    public IEnumerable<Point> Points => Chain.AsEnumerable().Reverse().Select(static one => one.Point).Append(Point.Origin);

    /// <summary>A new subscription begins where the last one was.</summary>
    public void Restart()
    {
        _begins = true;
        _mustGoBackTo = null;
    }

    public void Add(in ChainEvent<FetchedBlock> e)
    {
        Events++;
        if (_begins != (e.Kind == ChainEventKind.Intersected))
        {
            Fail(e, _begins ? "is not the intersection" : "is a second intersection");
            return;
        }

        if (_mustGoBackTo is { } back && (e.Kind != ChainEventKind.RollBackward || e.Point != back))
        {
            Fail(e, $"was to be the roll back to the intersection {back}");
            return;
        }

        _mustGoBackTo = null;
        switch (e.Kind)
        {
            case ChainEventKind.Intersected:
                _begins = false;
                if (e.Point != Tip)
                {
                    _mustGoBackTo = e.Point;
                }

                break;
            case ChainEventKind.RollForward:
                Forward(e);
                break;
            case ChainEventKind.RollBackward:
                Backward(e);
                break;
        }
    }

    private void Forward(in ChainEvent<FetchedBlock> e)
    {
        Block block = e.Value.Block;
        Header header = block.Header;
        HeaderFields fields = header.ReadFields();
        if (new Point(fields.Slot, header.Hash) != e.Point || e.Value.Point != e.Point)
        {
            Fail(e, "is not the block of its point");
        }
        else if (Chain.Count > 0 && fields.PreviousHash != Tip.Hash)
        {
            Fail(e, $"stands on {fields.PreviousHash}, not on {Tip}");
        }
        else if (fields.BlockNumber != (ulong)Chain.Count)
        {
            Fail(e, $"is number {fields.BlockNumber} on {Chain.Count} blocks");
        }
        else if (!_on.Add(e.Point))
        {
            Fail(e, "came twice");
        }
        else
        {
            Chain.Add((e.Point, block));
        }
    }

    private void Backward(in ChainEvent<FetchedBlock> e)
    {
        RollBacks++;
        if (!e.Point.IsOrigin && !_on.Contains(e.Point))
        {
            Fail(e, "goes back to what is not on the chain");
            return;
        }

        while (Tip != e.Point)
        {
            _on.Remove(Tip);
            Chain.RemoveAt(Chain.Count - 1);
        }
    }

    private void Fail(in ChainEvent<FetchedBlock> e, string why) => Broken ??= $"event {Events}, {e.Kind} {e.Point}, {why}; the tip was {Tip} ({Chain.Count} blocks)";
}
