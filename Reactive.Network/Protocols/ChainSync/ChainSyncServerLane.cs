using Reactive.Network.Chain;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols.ChainSync;

/// <summary>
/// A responder of chain-sync, of either bundle: one client's cursor on a chain source, pulled as fast as the client asks and the bearer takes.
/// </summary>
internal abstract class ChainSyncServerLane<TProtocol>(Multiplexer mux, SeededRandom random)
    : ProtocolLane<TProtocol, ChainSyncState, ChainSyncMessageKind>(mux, SduSender.Responder, random), IObserver<Tip>
    where TProtocol : IMiniProtocol<ChainSyncState, ChainSyncMessageKind>
{
    private readonly HandlerSlot<IChainSource> _source = new();
    private IChainSource? _served;
    private IChainCursor? _cursor;
    private IDisposable? _changes;

    /// <summary>Who answers. Without one, requests wait as bytes within the budget.</summary>
    public IChainSource? Source
    {
        set
        {
            _source.Value = value;
            MarkReady();
        }
    }

    /// <summary>One request at a time: the next is not decoded before the answer to the last one is in the egress buffer, and only while that has room.</summary>
    protected override bool CanTake => _source.Value is not null && !HasAgency && (!HasEgress || Egress.HasRoom);

    void IObserver<Tip>.OnNext(Tip value) => MarkReady();

    void IObserver<Tip>.OnError(Exception error) => MarkReady();

    void IObserver<Tip>.OnCompleted()
    {
    }

    internal override void OnWake() => Mux.Close(Unanswered(TProtocol.LimitsIn(ChainSyncState.CanAwait).MaxWait));

    /// <summary>Sends the roll forward of <paramref name="step"/>, whose header it gives back.</summary>
    /// <returns><see langword="false"/> if what it brings is gone since.</returns>
    protected abstract bool TryRollForward(IChainSource source, in ChainStep step);

    /// <summary>The client goes on from elsewhere, or has all there is, or is gone: what was read ahead for it is of no use.</summary>
    protected virtual void OnAside()
    {
    }

    protected override void OnMessage(in IngressMessage item)
    {
        if (ChainSyncCodec.IsRequestNext(item.Lease.Span))
        {
            Received(ChainSyncMessageKind.RequestNext, in item);
            item.Lease.Release();
            TryAnswer(mayWait: true);
        }
        else
        {
            OnOtherMessage(in item);
        }

        if (HasEgress)
        {
            Flush();
        }
    }

    protected override bool OnTurn()
    {
        // The detached or exchanged source must not be asked any more; its successor starts every client at origin again.
        if (_served is not null && _served != _source.Value)
        {
            EndCursor();
        }

        if (State == ChainSyncState.MustReply && _source.Value is not null && Egress.HasRoom && TryAnswer(mayWait: false))
        {
            Flush();
            return true;
        }

        WatchDetached(_source.Value is null, TProtocol.LimitsIn(ChainSyncState.CanAwait).MaxWait);
        return CanTake && HasEgress && !Ingress.IsEmpty;
    }

    protected override void OnClosed(NetworkException? cause) => EndCursor();

    private void OnOtherMessage(in IngressMessage item)
    {
        ChainSyncMessage message = ChainSyncCodec.Read(item.Lease);
        Received(message.Kind, in item);
        item.Lease.Release();
        switch (message.Kind)
        {
            case ChainSyncMessageKind.FindIntersect:
                FindIntersect(message.Points.Span);
                break;
            case ChainSyncMessageKind.RequestNext:
                TryAnswer(mayWait: true);
                break;
            case ChainSyncMessageKind.Done:
                Restart();
                EndCursor();
                break;
        }
    }

    private void FindIntersect(ReadOnlySpan<Point> points)
    {
        IChainSource source = Serve();
        long due = BeginAnswer();
        Point? found = _cursor!.FindIntersect(points);
        EndAnswer(due);
        if (found is { } point)
        {
            Sending(ChainSyncMessageKind.IntersectFound);
            ChainSyncCodec.Write(Egress, ChainSyncMessage.IntersectFound(point, source.Tip));
        }
        else
        {
            Sending(ChainSyncMessageKind.IntersectNotFound);
            ChainSyncCodec.Write(Egress, ChainSyncMessage.IntersectNotFound(source.Tip));
        }
    }

    private bool TryAnswer(bool mayWait)
    {
        IChainSource source = Serve();
        long due = mayWait ? BeginAnswer() : DeadlineTimer.Never;
        bool there = _cursor!.TryNext(out ChainStep step);
        EndAnswer(due);
        if (!there)
        {
            OnAside();
            if (mayWait)
            {
                Sending(ChainSyncMessageKind.AwaitReply);
                ChainSyncCodec.Write(Egress, ChainSyncMessage.AwaitReply);
            }

            return false;
        }

        if (step.RollForward is not null)
        {
            if (TryRollForward(source, in step))
            {
                return true;
            }

            // The chain has changed between the two looks: the cursor says so next.
            if (!_cursor.TryNext(out step) || step.RollForward is not null)
            {
                throw new ChainSourceException("the chain source has told of a header whose block it does not have");
            }
        }

        OnAside();
        Sending(ChainSyncMessageKind.RollBackward);
        ChainSyncCodec.Write(Egress, ChainSyncMessage.RollBackward(step.Point, step.Tip));
        return true;
    }

    private IChainSource Serve()
    {
        IChainSource source = _source.Value!;
        if (_served != source)
        {
            EndCursor();
            _served = source;
            _cursor = source.Follow();
            _changes = source.Changes.Subscribe(this);
        }

        return source;
    }

    private void EndCursor()
    {
        OnAside();
        _changes?.Dispose();
        _cursor?.Dispose();
        _changes = null;
        _cursor = null;
        _served = null;
    }
}
