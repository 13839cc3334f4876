using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols;

/// <summary>
/// The strand of an initiator that asks one thing at a time: calls wait in order, each is answered before the next is asked, so that two are never
/// mixed. A call that is disposed while it is asked is answered to nobody.
/// </summary>
internal abstract class CallLane<TProtocol, TState, TKind, TMessage>(Multiplexer mux, SeededRandom random)
    : ProtocolLane<TProtocol, TState, TKind>(mux, SduSender.Initiator, random)
    where TProtocol : IMiniProtocol<TState, TKind>
    where TState : struct, Enum
    where TKind : struct, Enum
{
    /// <summary>Calls that wait, at most.</summary>
    public const int MaxWaiting = 100;

    private readonly Queue<Call<TMessage>> _waiting = new();
    private NetworkException? _cause;
    private bool _closed;
    private bool _started;

    public override bool IsActive => UnderWay is not null;

    protected override bool DrainsAfterClose => true;

    /// <summary>Over everything that other threads touch.</summary>
    protected Lock Gate { get; } = new();

    /// <summary>The call that is asked.</summary>
    protected Call<TMessage>? UnderWay { get; private set; }

    /// <summary>What ends an instance.</summary>
    protected abstract (TKind Kind, TMessage Message) Done { get; }

    /// <summary>Queues a call, or fails it at once.</summary>
    public void Attach(Call<TMessage> call) => Enqueue(_waiting, call, call);

    /// <summary>Nobody waits for this call any more.</summary>
    public void Detach(Call<TMessage> call)
    {
        call.IsDisposed = true;
        MarkReady();
    }

    /// <summary>Reads a message, and keeps nothing of its memory.</summary>
    protected abstract TMessage Parse(MemoryLease item);

    /// <summary>Which one it is.</summary>
    protected abstract TKind KindOf(TMessage message);

    /// <summary>Appends a message to the egress buffer.</summary>
    protected abstract void Append(TMessage message);

    /// <summary>The next call to ask, if there is one. Agency is ours.</summary>
    protected virtual Call<TMessage>? Next() => Dequeue(_waiting);

    /// <summary>Goes to where Done may be said. Agency is ours.</summary>
    protected virtual void Leave()
    {
    }

    /// <summary>Fails what waits. The connection has ended.</summary>
    protected virtual void FailWaiting(NetworkException cause)
    {
        while (Dequeue(_waiting) is { } call)
        {
            Fail(call, cause);
        }
    }

    protected override void OnMessage(in IngressMessage item)
    {
        TMessage message = Parse(item.Lease);
        Received(KindOf(message), in item);
        item.Lease.Release();
        if (UnderWay is { } call)
        {
            // Free for the next call before the user hears of this one, which may ask again from inside its OnNext.
            UnderWay = null;
            Tell(call, message);
        }
    }

    protected override bool OnTurn()
    {
        if (!HasAgency)
        {
            return false;
        }

        if (IsFinishing)
        {
            if (_started)
            {
                Leave();
                Say(Done.Kind, Done.Message);
            }
        }
        else if (Next() is { } call)
        {
            UnderWay = call;
            Say(KindOf(call.Request), call.Request);
        }

        return false;
    }

    protected override void OnClosed(NetworkException? cause)
    {
        lock (Gate)
        {
            _closed = true;
            _cause = cause;
        }

        if (UnderWay is { } call)
        {
            UnderWay = null;
            Fail(call, Ended(cause));
        }

        FailWaiting(Ended(cause));
    }

    /// <summary>Our message goes out.</summary>
    protected void Say(TKind kind, TMessage message)
    {
        _started = true;
        Sending(kind);
        Append(message);
        Flush();
    }

    /// <summary>Queues an element, or fails its call at once.</summary>
    protected void Enqueue<T>(Queue<T> queue, T element, Call<TMessage> call, Func<bool>? isOver = null)
    {
        Exception? refused = null;
        lock (Gate)
        {
            if (_closed)
            {
                refused = Ended(_cause);
            }
            else if (isOver?.Invoke() == true)
            {
                refused = new ObjectDisposedException(null, "What was acquired has been released.");
            }
            else if (queue.Count >= MaxWaiting)
            {
                refused = new ProtocolBusyException(Name, $"{Name}: {MaxWaiting} requests wait already");
            }
            else
            {
                queue.Enqueue(element);
            }
        }

        if (refused is not null)
        {
            call.IsDisposed = true;
            call.Fail(refused);
            return;
        }

        Mux.InitiatorUsed?.Invoke();
        MarkReady();
    }

    /// <summary>The oldest call for which somebody waits.</summary>
    protected Call<TMessage>? Dequeue(Queue<Call<TMessage>> queue)
    {
        lock (Gate)
        {
            while (queue.TryDequeue(out Call<TMessage>? call))
            {
                if (!call.IsDisposed)
                {
                    return call;
                }
            }

            return null;
        }
    }

    /// <summary>Fails a call, unless nobody waits for it.</summary>
    protected void Fail(Call<TMessage> call, Exception error)
    {
        if (!call.IsDisposed)
        {
            call.IsDisposed = true;
            Guard(() => call.Fail(error));
        }
    }

    /// <summary>Answers a call, unless nobody waits for it.</summary>
    protected virtual void Tell(Call<TMessage> call, TMessage answer)
    {
        if (!call.IsDisposed)
        {
            call.IsDisposed = true;
            Guard(() => call.Tell(answer));
        }
    }

    private static NetworkException Ended(NetworkException? cause) =>
        cause ?? new ConnectionClosedException($"the connection was closed before {TProtocol.Name} had an answer");

    /// <summary>Calls user code. What it throws ends its subscription, and nothing else.</summary>
    protected void Guard(Action call)
    {
        try
        {
            call();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Mux.ReportObserverFault(e);
        }
    }
}
