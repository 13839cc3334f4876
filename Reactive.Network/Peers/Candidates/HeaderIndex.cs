using Reactive.Network.Chain;

namespace Reactive.Network.Peers.Candidates;

/// <summary>The headers that are held, by point and by height. Under the lock of the tree.</summary>
internal sealed class HeaderIndex
{
    private readonly Dictionary<Point, CandidateHeader> _byPoint = [];
    private readonly Dictionary<long, CandidateHeader> _byNumber = [];

    public int Count => _byPoint.Count;

    /// <summary>Nothing lower is held.</summary>
    public long Floor { get; private set; } = CandidateHeader.UnknownNumber;

    public CandidateHeader? Find(Point point) => _byPoint.GetValueOrDefault(point);

    public void Add(CandidateHeader node)
    {
        _byPoint.Add(node.Point, node);
        node.IsHeld = true;
        if (node.Number != CandidateHeader.UnknownNumber)
        {
            Link(node);
        }
    }

    /// <summary>The height of an anchor became known, or was not what it was thought to be.</summary>
    public void Number(CandidateHeader node, long number)
    {
        if (node.Number != CandidateHeader.UnknownNumber && node.IsHeld)
        {
            Unlink(node);
        }

        node.Number = number;
        if (node.IsHeld)
        {
            Link(node);
        }
    }

    public void Remove(CandidateHeader node)
    {
        _byPoint.Remove(node.Point);
        node.IsHeld = false;
        if (node.Number != CandidateHeader.UnknownNumber)
        {
            Unlink(node);
        }
    }

    public void Clear()
    {
        foreach (CandidateHeader node in _byPoint.Values)
        {
            node.IsHeld = false;
        }

        _byPoint.Clear();
        _byNumber.Clear();
        Floor = CandidateHeader.UnknownNumber;
    }

    /// <summary>Drops everything lower than <paramref name="floor"/>, and lets what stands on it end there.</summary>
    public void RaiseFloor(long floor)
    {
        long from = Floor;
        Floor = floor;
        if (from == CandidateHeader.UnknownNumber || floor - from > _byNumber.Count)
        {
            foreach (long number in _byNumber.Keys.Where(number => number < floor).ToArray())
            {
                Drop(number);
            }
        }
        else
        {
            for (long number = from; number < floor; number++)
            {
                Drop(number);
            }
        }

        for (CandidateHeader? node = _byNumber.GetValueOrDefault(floor); node is not null; node = node.NextOfSameNumber)
        {
            if (node.Parent is { } parent && parent.Number < floor)
            {
                node.CutParent();
            }
        }
    }

    private void Drop(long number)
    {
        if (!_byNumber.Remove(number, out CandidateHeader? node))
        {
            return;
        }

        while (node is not null)
        {
            _byPoint.Remove(node.Point);
            node.IsHeld = false;
            node.CutParent();
            foreach (CandidatePeer peer in node.AnnouncedBy)
            {
                peer.Bytes -= node.Header.Size;
            }

            node.AnnouncedBy.Clear();
            (node, node.NextOfSameNumber) = (node.NextOfSameNumber, null);
        }
    }

    private void Link(CandidateHeader node)
    {
        node.NextOfSameNumber = _byNumber.GetValueOrDefault(node.Number);
        _byNumber[node.Number] = node;
    }

    private void Unlink(CandidateHeader node)
    {
        CandidateHeader? first = _byNumber.GetValueOrDefault(node.Number);
        if (first == node)
        {
            if (node.NextOfSameNumber is { } next)
            {
                _byNumber[node.Number] = next;
            }
            else
            {
                _byNumber.Remove(node.Number);
            }
        }
        else
        {
            while (first is not null && first.NextOfSameNumber != node)
            {
                first = first.NextOfSameNumber;
            }

            if (first is not null)
            {
                first.NextOfSameNumber = node.NextOfSameNumber;
            }
        }

        node.NextOfSameNumber = null;
    }
}
