using Microsoft.Reactive.Testing;

namespace Reactive.Network.Tests.Support;

/// <summary>
/// Time drawn as text. A character is 10 ticks: <c>-</c> nothing, a letter or digit an element, <c>(abc)</c> several at the moment of the opening
/// bracket (the brackets and letters keep their width, so columns line up), <c>|</c> completion, <c>#</c> an error, a space nothing at all (no width).
/// </summary>
/// <remarks>
/// The first character is the tick 200, at which <c>TestScheduler.Start</c> subscribes; so <c>--a</c> is an element at 220, and a subscription
/// <c>^--!</c> lasts from 200 to 230. (What a hot source does in the first column is over when
/// the subscriber comes.) Times between two characters (an operator's extra ticks) read as the character before them. An observable that
/// is cold counts from its subscription. Not safe for threads: virtual time has one.
/// </remarks>
public static class Marbles
{
    /// <summary>Ticks in one character.</summary>
    public const long TicksPerCharacter = 10;

    /// <summary>What <c>#</c> stands for in a source.</summary>
    public static readonly Exception Error = new MarbleException();

    /// <summary>A source that goes on whether somebody listens or not; each letter is an element, the letter itself.</summary>
    public static ITestableObservable<char> Hot(this TestScheduler time, string diagram) => time.Hot(diagram, static letter => letter);

    /// <summary>A source that goes on whether somebody listens or not; <paramref name="element"/> makes the elements.</summary>
    public static ITestableObservable<T> Hot<T>(this TestScheduler time, string diagram, Func<char, T> element)
    {
        ArgumentNullException.ThrowIfNull(time);
        return time.CreateHotObservable(Parse(diagram, element, ReactiveTest.Subscribed));
    }

    /// <summary>A source that starts anew for each subscriber.</summary>
    public static ITestableObservable<char> Cold(this TestScheduler time, string diagram) => time.Cold(diagram, static letter => letter);

    /// <summary>A source that starts anew for each subscriber; <paramref name="element"/> makes the elements.</summary>
    public static ITestableObservable<T> Cold<T>(this TestScheduler time, string diagram, Func<char, T> element)
    {
        ArgumentNullException.ThrowIfNull(time);
        return time.CreateColdObservable(Parse(diagram, element, 0));
    }

    /// <summary>What was seen, compared with a diagram: kinds, values and characters.</summary>
    public static void ShouldRead(this ITestableObserver<char> seen, string diagram) => seen.ShouldRead(diagram, static value => value);

    /// <summary>What was seen, compared with a diagram after <paramref name="letter"/> turned each element into a letter.</summary>
    public static void ShouldRead<T>(this ITestableObserver<T> seen, string diagram, Func<T, char> letter)
    {
        ArgumentNullException.ThrowIfNull(seen);
        string expected = Describe(Parse(diagram, static c => c, ReactiveTest.Subscribed), static c => c);
        Assert.Equal(expected, Describe(seen.Messages, letter));
    }

    /// <summary>When the source was subscribed (<c>^</c>) and left (<c>!</c>, absent: never). One diagram for each subscription.</summary>
    public static void ShouldBeSubscribed<T>(this ITestableObservable<T> source, params string[] diagrams)
    {
        ArgumentNullException.ThrowIfNull(source);
        Assert.Equal(diagrams.Select(ParseSubscription), source.Subscriptions.Select(static s => Normalise(s)));
    }

    /// <summary>Reads a diagram into notifications that begin at <paramref name="start"/>.</summary>
    public static Recorded<System.Reactive.Notification<T>>[] Parse<T>(string diagram, Func<char, T> element, long start)
    {
        ArgumentNullException.ThrowIfNull(diagram);
        ArgumentNullException.ThrowIfNull(element);
        List<Recorded<System.Reactive.Notification<T>>> messages = [];
        long at = start;
        long? group = null;
        foreach (char c in diagram)
        {
            long moment = group ?? at;
            switch (c)
            {
                case ' ':
                    continue;
                case '-':
                    break;
                case '(':
                    group = at;
                    break;
                case ')':
                    group = null;
                    break;
                case '|':
                    messages.Add(ReactiveTest.OnCompleted<T>(moment));
                    break;
                case '#':
                    messages.Add(ReactiveTest.OnError<T>(moment, Error));
                    break;
                default:
                    messages.Add(ReactiveTest.OnNext(moment, element(c)));
                    break;
            }

            at += TicksPerCharacter;
        }

        return [.. messages];
    }

    // Each moment on a line of its own: a difference then shows what came when, which a re-drawn diagram cannot where letters overlap.
    private static string Describe<T>(IEnumerable<Recorded<System.Reactive.Notification<T>>> messages, Func<T, char> letter) =>
        string.Join('\n', messages.Select(m => $"{Column(m.Time)}: " + m.Value.Kind switch
        {
            System.Reactive.NotificationKind.OnNext => letter(m.Value.Value).ToString(),
            System.Reactive.NotificationKind.OnCompleted => "|",
            _ => m.Value.Exception is MarbleException ? "#" : $"# {m.Value.Exception}",
        }));

    private static long Column(long time) => (time - ReactiveTest.Subscribed) / TicksPerCharacter;

    private static Subscription Normalise(Subscription subscription) => new(
        ReactiveTest.Subscribed + (Column(subscription.Subscribe) * TicksPerCharacter),
        subscription.Unsubscribe == Subscription.Infinite
            ? Subscription.Infinite
            : ReactiveTest.Subscribed + (Column(subscription.Unsubscribe) * TicksPerCharacter));

    private static Subscription ParseSubscription(string diagram)
    {
        string drawn = diagram.Replace(" ", string.Empty, StringComparison.Ordinal);
        long At(char c) => ReactiveTest.Subscribed + (drawn.IndexOf(c, StringComparison.Ordinal) * TicksPerCharacter);
        return drawn.Contains('!', StringComparison.Ordinal) ? new Subscription(At('^'), At('!')) : new Subscription(At('^'));
    }

    private sealed class MarbleException() : Exception("#");
}
