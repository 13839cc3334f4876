using System.Collections.Immutable;
using System.Net;

namespace Reactive.Network.Peers.Discovery;

/// <summary>Looks names up: the port behind which DNS stands.</summary>
public interface IPeerResolver
{
    /// <summary>Looks a name up, once.</summary>
    /// <param name="question">What to ask.</param>
    /// <param name="done">Called once with the answer; on any thread, never from inside this call. A failure is an answer too.</param>
    /// <returns>Disposing it gives up: <paramref name="done"/> is not called any more, unless the call is under way.</returns>
    IDisposable Resolve(NameQuestion question, Action<NameAnswer> done);
}

/// <summary>The records that are asked for.</summary>
public enum NameRecord
{
    /// <summary>A and AAAA.</summary>
    Address,

    /// <summary>SRV.</summary>
    Service,
}

/// <summary>One question.</summary>
/// <param name="Name">The name as it is asked for, the prefix of a service included.</param>
/// <param name="Record">The records.</param>
public readonly record struct NameQuestion(string Name, NameRecord Record) : IComparable<NameQuestion>
{
    /// <summary>By name, letter by letter, then by record.</summary>
    public int CompareTo(NameQuestion other)
    {
        int order = string.CompareOrdinal(Name, other.Name);
        return order != 0 ? order : Record.CompareTo(other.Record);
    }

    /// <summary>Whether the first comes before the other.</summary>
    public static bool operator <(NameQuestion left, NameQuestion right) => left.CompareTo(right) < 0;

    /// <summary>Whether the first comes after the other.</summary>
    public static bool operator >(NameQuestion left, NameQuestion right) => left.CompareTo(right) > 0;

    /// <summary>Whether the first does not come after the other.</summary>
    public static bool operator <=(NameQuestion left, NameQuestion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the first does not come before the other.</summary>
    public static bool operator >=(NameQuestion left, NameQuestion right) => left.CompareTo(right) >= 0;
}

/// <summary>One SRV record.</summary>
/// <param name="Priority">The lowest is to be tried first.</param>
/// <param name="Weight">Among those of one priority the heavier is to be preferred.</param>
/// <param name="Port">The port.</param>
/// <param name="Target">The host, without a dot at the end.</param>
public readonly record struct ServiceRecord(int Priority, int Weight, int Port, string Target);

/// <summary>Why a name has no answer.</summary>
public enum NameFailure
{
    /// <summary>There is no such name, or it has no such records.</summary>
    NotFound,

    /// <summary>The servers could not be reached, did not answer in time, or failed.</summary>
    Unavailable,
}

/// <summary>The answer to one question. Closed: these cases are all there are.</summary>
public abstract record NameAnswer
{
    private NameAnswer()
    {
    }

    /// <summary>Addresses, one or more.</summary>
    /// <param name="Found">The addresses.</param>
    /// <param name="TimeToLive">How long they hold: the shortest of the records.</param>
    public sealed record Addresses(ImmutableArray<IPAddress> Found, TimeSpan TimeToLive) : NameAnswer;

    /// <summary>SRV records, one or more.</summary>
    /// <param name="Found">The records.</param>
    /// <param name="TimeToLive">How long they hold: the shortest of the records.</param>
    public sealed record Services(ImmutableArray<ServiceRecord> Found, TimeSpan TimeToLive) : NameAnswer;

    /// <summary>Nothing.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Cause">What was caught, if anything.</param>
    public sealed record Failed(NameFailure Reason, Exception? Cause = null) : NameAnswer;
}
