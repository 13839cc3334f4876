using System.Reactive.Disposables;
using Reactive.Network.Chain;
using Reactive.Network.Pacing;
using Reactive.Network.Protocols.ChainSync;

namespace Reactive.Network.Operators.Internal;

/// <summary>Asks for the tip and follows from there; again where a roll back took it away in between.</summary>
/// <param name="findTip">Asks; per subscription.</param>
/// <param name="follow">Follows from a point.</param>
/// <param name="observer">Who is told what is followed.</param>
internal sealed class TipFollower<T>(IObservable<Tip> findTip, Func<Point, IObservable<T>> follow, IPacedObserver<T> observer) : IPacedObserver<T>, IDisposable
{
    private const int MaxTries = 10;

    private readonly SerialDisposable _step = new();
    private int _tries;
    private Tip _tip;

    public TipFollower<T> Run()
    {
        SingleAssignmentDisposable asking = new();
        _step.Disposable = asking;
        asking.Disposable = findTip.Subscribe(tip => _tip = tip, observer.OnError, Follow);
        return this;
    }

    public void Dispose() => _step.Dispose();

    public void OnNext(T value, Credit credit) => observer.OnNext(value, credit);

    public void OnError(Exception error)
    {
        if (error is IntersectionNotFoundException && ++_tries < MaxTries)
        {
            Run();
        }
        else
        {
            observer.OnError(error);
        }
    }

    public void OnCompleted() => observer.OnCompleted();

    private void Follow()
    {
        SingleAssignmentDisposable following = new();
        _step.Disposable = following;
        following.Disposable = Paced.Subscribe(follow(_tip.Point), this);
    }
}
