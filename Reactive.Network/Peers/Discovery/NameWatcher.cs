using System.Collections.Immutable;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using System.Reactive.Linq;
using Reactive.Network.Internal;

namespace Reactive.Network.Peers.Discovery;

/// <summary>What became of names. Open: ignore what you do not know.</summary>
public abstract record NameEvent
{
    /// <summary>What all access points stand for now. The first is told when something is known; then each change.</summary>
    /// <param name="Addresses">Every access point, with no addresses where none were found yet.</param>
    public sealed record Resolved(ImmutableSortedDictionary<AccessPoint, ImmutableArray<PeerAddress>> Addresses) : NameEvent;

    /// <summary>A name could not be looked up. It will be again.</summary>
    /// <param name="Question">What was asked.</param>
    /// <param name="Answer">Why there is no answer.</param>
    public sealed record Failed(NameQuestion Question, NameAnswer.Failed Answer) : NameEvent;
}

/// <summary>Keeps names looked up: drives a <see cref="DnsSchedule"/>.</summary>
public static class NameWatcher
{
    /// <summary>A look-up without an answer for so long counts as one that failed, where nothing else is said.</summary>
    public static readonly TimeSpan LookupTimeout = TimeSpan.FromSeconds(20);

    /// <summary>The same for public roots, of which others can be had.</summary>
    public static readonly TimeSpan PublicRootTimeout = TimeSpan.FromSeconds(5);

    /// <inheritdoc cref="Watch(IObservable{ImmutableArray{AccessPoint}}, IPeerResolver, int, TimeSpan, IScheduler)"/>
    public static IObservable<NameEvent> Watch(
        IObservable<ImmutableArray<AccessPoint>> points, IPeerResolver resolver, int maxConcurrent, IScheduler scheduler) =>
        Watch(points, resolver, maxConcurrent, LookupTimeout, scheduler);

    /// <summary>What access points stand for, kept up to date.</summary>
    /// <param name="points">The access points; each element replaces the one before.</param>
    /// <param name="resolver">Who is asked.</param>
    /// <param name="maxConcurrent">Look-ups at a time: <see cref="DnsSchedule.Concurrency"/> or <see cref="DnsSchedule.LocalRootConcurrency"/>.</param>
    /// <param name="lookupTimeout">A look-up without an answer for so long counts as one that failed.</param>
    /// <param name="scheduler">Whose time counts, and where observers are called.</param>
    /// <remarks>
    /// Per-subscription: each looks up for itself. Observers are called on <paramref name="scheduler"/>, one element at a time. Elements are immutable. Never
    /// completes. Fails only as <paramref name="points"/> does: a name that cannot be looked up is a <see cref="NameEvent.Failed"/>, and is asked for again.
    /// Disposing gives up what is being looked up.
    /// </remarks>
    public static IObservable<NameEvent> Watch(
        IObservable<ImmutableArray<AccessPoint>> points, IPeerResolver resolver, int maxConcurrent, TimeSpan lookupTimeout, IScheduler scheduler)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(resolver);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConcurrent, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lookupTimeout, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(scheduler);
        return Observable.Create<NameEvent>(observer => new Session(resolver, maxConcurrent, lookupTimeout, scheduler, observer).Run(points));
    }

    private sealed class Session(
        IPeerResolver resolver, int maxConcurrent, TimeSpan lookupTimeout, IScheduler scheduler, IObserver<NameEvent> observer)
        : Strand(scheduler), IDisposable
    {
        private readonly Lock _gate = new();
        private readonly IScheduler _scheduler = scheduler;
        private readonly NetworkClock _clock = new(scheduler);
        private readonly DnsSchedule _schedule = new(maxConcurrent);

        /// <summary>One answer per look-up under way at most, so <c>maxConcurrent</c> at most.</summary>
        private readonly Queue<(Lookup Lookup, NameAnswer Answer)> _answers = new();
        private readonly HashSet<Lookup> _lookups = [];
        private readonly SerialDisposable _timer = new();
        private readonly SingleAssignmentDisposable _source = new();
        private ImmutableArray<AccessPoint>? _newPoints;
        private ImmutableArray<AccessPoint> _points = [];
        private ImmutableSortedDictionary<AccessPoint, ImmutableArray<PeerAddress>>? _told;
        private Exception? _failure;
        private bool _isOver;

        public Session Run(IObservable<ImmutableArray<AccessPoint>> points)
        {
            _source.Disposable = points.Subscribe(
                next => Post(() => _newPoints = next),
                error => Post(() => _failure = error));
            return this;
        }

        public void Dispose()
        {
            Lookup[] lookups;
            lock (_gate)
            {
                _isOver = true;
                lookups = [.. _lookups];
                _lookups.Clear();
            }

            _source.Dispose();
            _timer.Dispose();
            foreach (Lookup lookup in lookups)
            {
                lookup.Dispose();
            }
        }

        protected override bool RunTurn()
        {
            ImmutableArray<AccessPoint>? points;
            (Lookup Lookup, NameAnswer Answer)[] answers;
            Exception? failure;
            lock (_gate)
            {
                if (_isOver)
                {
                    return false;
                }

                (points, _newPoints) = (_newPoints, null);
                answers = [.. _answers];
                _answers.Clear();
                failure = _failure;
            }

            if (failure is not null)
            {
                Dispose();
                observer.OnError(failure);
                return false;
            }

            bool changed = false;
            if (points is { } set)
            {
                _points = set;
                _schedule.Set(set);
                changed = true;
            }

            foreach ((Lookup lookup, NameAnswer answer) in answers)
            {
                changed |= _schedule.Answer(lookup.Question, answer, Now);
                if (answer is NameAnswer.Failed failed)
                {
                    observer.OnNext(new NameEvent.Failed(lookup.Question, failed));
                }
            }

            if (changed)
            {
                Tell();
            }

            Ask();
            return false;
        }

        private TimeSpan Now => new(_clock.Now);

        private void Tell()
        {
            var addresses = _points.Distinct().ToImmutableSortedDictionary(static point => point, _schedule.AddressesOf);
            if (addresses.IsEmpty || addresses.Values.Any(static found => !found.IsEmpty) || _told is not null)
            {
                _told = addresses;
                observer.OnNext(new NameEvent.Resolved(addresses));
            }
        }

        private void Ask()
        {
            foreach (NameQuestion question in _schedule.Start(Now))
            {
                Lookup lookup = new(this, question);
                lock (_gate)
                {
                    if (_isOver)
                    {
                        return;
                    }

                    _lookups.Add(lookup);
                }

                lookup.Begin(resolver, lookupTimeout, _scheduler);
            }

            _timer.Disposable = _schedule.NextAt is { } next ? _scheduler.Schedule(next - Now, MarkReady) : Disposable.Empty;
        }

        private void Post(Action change)
        {
            lock (_gate)
            {
                change();
            }

            MarkReady();
        }

        private void Answered(Lookup lookup, NameAnswer answer)
        {
            lock (_gate)
            {
                if (!_lookups.Remove(lookup))
                {
                    // Disposed, or out of time before.
                    return;
                }

                _answers.Enqueue((lookup, answer));
            }

            lookup.Dispose();
            MarkReady();
        }

        /// <summary>One question under way: answered, out of time or given up, whichever comes first.</summary>
        private sealed class Lookup(Session session, NameQuestion question) : IDisposable
        {
            private readonly CompositeDisposable _both = [];

            public NameQuestion Question { get; } = question;

            public void Begin(IPeerResolver resolver, TimeSpan timeout, IScheduler scheduler)
            {
                _both.Add(scheduler.Schedule(timeout, () => session.Answered(this, new NameAnswer.Failed(NameFailure.Unavailable))));
                _both.Add(resolver.Resolve(Question, answer => session.Answered(this, answer)));
            }

            public void Dispose() => _both.Dispose();
        }
    }
}
