using System.Reactive.Disposables;
using System.Reactive.Linq;
using Reactive.Network.Internal;
using Reactive.Network.Multiplexing;

namespace Reactive.Network.Protocols;

/// <summary>
/// The strand of an initiator that acquires something, asks about it and releases it. Sessions wait in order: each has the instance to itself from its
/// acquire to its release, and its calls are asked one after the other.
/// </summary>
internal abstract class SessionLane<TProtocol, TState, TKind, TMessage>(Multiplexer mux, SeededRandom random)
    : CallLane<TProtocol, TState, TKind, TMessage>(mux, random)
    where TProtocol : IMiniProtocol<TState, TKind>
    where TState : struct, Enum
    where TKind : struct, Enum
{
    private readonly Queue<Session> _sessions = new();
    private Session? _current;

    public override bool IsActive => base.IsActive || Volatile.Read(ref _current) is not null;

    /// <summary>What gives back what was acquired.</summary>
    protected abstract (TKind Kind, TMessage Message) Release { get; }

    /// <summary>Why an acquire was refused, if that is the answer.</summary>
    protected virtual NetworkException? RefusalOf(TMessage answer) => null;

    /// <summary>
    /// One element, what was acquired, for as long as the subscription lives. Disposing releases it, once the answer that is under way has come.
    /// </summary>
    public IObservable<T> Acquire<T>(TMessage acquire, Func<Session, TMessage, T> open) => Observable.Create<T>(observer =>
    {
        var session = new Session(this);
        session.Opening = new OpeningCall<T>(session, acquire, open, observer);
        Enqueue(_sessions, session, session.Opening);
        return Disposable.Create((Lane: this, Session: session), static x =>
        {
            x.Session.IsLeft = true;
            x.Lane.MarkReady();
        });
    });

    protected override Call<TMessage>? Next()
    {
        while (_current is not null || TryTakeSession())
        {
            Session session = _current!;
            if (!session.IsLeft)
            {
                return session.IsHeld ? Dequeue(session.Calls) : session.Opening;
            }

            Leave();
        }

        return null;
    }

    protected override void Leave()
    {
        if (_current is not { } session)
        {
            return;
        }

        if (session.IsHeld)
        {
            session.IsHeld = false;
            Say(Release.Kind, Release.Message);
        }

        End(session, session.IsLeft
            ? new ObjectDisposedException(null, "What was acquired has been released.")
            : new ConnectionClosedException($"{Name}: the connection was closed while something was acquired"));
    }

    protected override void Tell(Call<TMessage> call, TMessage answer)
    {
        Session session = _current!;
        if (RefusalOf(answer) is { } refusal)
        {
            // A first acquire or another: nothing is held any more.
            session.IsHeld = false;
            Fail(call, refusal);
            End(session, refusal);
            return;
        }

        session.IsHeld = true;
        if (call != session.Opening || !session.IsLeft)
        {
            base.Tell(call, answer);
        }
    }

    protected override void FailWaiting(NetworkException cause)
    {
        while (_current is not null || TryTakeSession())
        {
            End(_current!, cause);
        }
    }

    private bool TryTakeSession()
    {
        lock (Gate)
        {
            return _sessions.TryDequeue(out _current);
        }
    }

    private void End(Session session, Exception error)
    {
        _current = null;
        while (Dequeue(session.Calls) is { } call)
        {
            Fail(call, error);
        }

        Guard(() => session.Opening.Fail(error));
    }

    /// <summary>From an acquire to its release.</summary>
    internal sealed class Session(SessionLane<TProtocol, TState, TKind, TMessage> lane)
    {
        private volatile bool _left;

        /// <summary>The acquire. It stands for the user's subscription, also when it was answered.</summary>
        public Call<TMessage> Opening { get; set; } = null!;

        /// <summary>What is asked about what is held. Under the lane's gate.</summary>
        public Queue<Call<TMessage>> Calls { get; } = new();

        /// <summary>Whether the peer holds it. The strand's.</summary>
        public bool IsHeld { get; set; }

        /// <summary>Whether the user's subscription is over.</summary>
        public bool IsLeft
        {
            get => _left;
            set => _left = value;
        }

        /// <summary>Asks something about what is held.</summary>
        public IObservable<T> Ask<T>(TMessage request, Func<TMessage, T> read) => Observable.Create<T>(observer =>
        {
            var call = new Call<TMessage, T>(request, read, observer);
            Ask(call);
            return Disposable.Create((lane, call), static x => x.lane.Detach(x.call));
        });

        /// <summary>Asks something about what is held.</summary>
        public void Ask(Call<TMessage> call) => lane.Enqueue(Calls, call, call, () => IsLeft);
    }

    private sealed class OpeningCall<T>(Session session, TMessage acquire, Func<Session, TMessage, T> open, IObserver<T> observer) : Call<TMessage>
    {
        public override TMessage Request { get; } = acquire;

        public override void Tell(TMessage answer)
        {
            try
            {
                observer.OnNext(open(session, answer));
            }
            catch
            {
                session.IsLeft = true;
                throw;
            }
        }

        public override void Fail(Exception error)
        {
            if (!session.IsLeft)
            {
                session.IsLeft = true;
                observer.OnError(error);
            }
        }
    }
}
