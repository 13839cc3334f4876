using Reactive.Network.Multiplexing;

namespace Reactive.Network.Recording;

/// <summary>What came of a replay.</summary>
/// <param name="Difference">The first difference in meaning; <see langword="null"/> where there was none.</param>
/// <param name="Sent">Messages sent.</param>
/// <param name="Matched">Messages of the peer that meant what the recorded ones mean.</param>
/// <param name="Extra">Messages of the peer beyond the recording: not compared.</param>
/// <param name="IsCutOff">Whether the recording ends inside an entry.</param>
public sealed record ReplayReport(ReplayDifference? Difference, long Sent, long Matched, long Extra, bool IsCutOff);

/// <summary>How the peer differed.</summary>
public enum ReplayDifferenceKind
{
    /// <summary>A message that means something else.</summary>
    OtherMessage,

    /// <summary>No message in time.</summary>
    NoMessage,

    /// <summary>The connection ended first.</summary>
    Closed,

    /// <summary>Bytes that are no message of the mini-protocol.</summary>
    NotAMessage,
}

/// <summary>The first difference between a peer and the recording.</summary>
public sealed record ReplayDifference
{
    /// <summary>How it differed.</summary>
    public required ReplayDifferenceKind Kind { get; init; }

    /// <summary>The mini-protocol; <see langword="null"/> where the connection ended and nothing in particular was waited for.</summary>
    public MiniProtocolId? Protocol { get; init; }

    /// <summary>Its name, or its number where it is not known.</summary>
    public string ProtocolName { get; init; } = "";

    /// <summary>The half whose message it is.</summary>
    public SduSender Sender { get; init; }

    /// <summary>Which message of that half, from 1.</summary>
    public long Number { get; init; }

    /// <summary>When the recorded message was sent, since the recording was started.</summary>
    public TimeSpan? RecordedAt { get; init; }

    /// <summary>What was recorded, as text; a long one is cut down to where it differs.</summary>
    public string? Expected { get; init; }

    /// <summary>What came, as text; a long one is cut down to where it differs.</summary>
    public string? Received { get; init; }

    /// <summary>Why the connection ended, where it did and that is known.</summary>
    public NetworkException? Cause { get; init; }

    /// <summary>One line for a person.</summary>
    public override string ToString()
    {
        string where = Protocol is null ? "the connection" : $"{ProtocolName}, message {Number} of the {(Sender == SduSender.Initiator ? "client" : "server")} half";
        return Kind switch
        {
            ReplayDifferenceKind.OtherMessage => $"{where}: recorded {Expected}, received {Received}",
            ReplayDifferenceKind.NoMessage => $"{where}: recorded {Expected}, nothing came",
            ReplayDifferenceKind.Closed => $"{where}: {(Expected is null ? "" : $"recorded {Expected}, ")}the peer closed{(Cause is null ? "" : $" ({Cause.Message})")}",
            _ => $"{where}: {(Expected is null ? "" : $"recorded {Expected}, ")}received {Received}",
        };
    }

    /// <summary>Two texts, each cut down to what stands around their first difference.</summary>
    internal static (string Expected, string Received) Cut(string expected, string received)
    {
        int at = expected.AsSpan().CommonPrefixLength(received);
        return (Around(expected, at), Around(received, at));
    }

    /// <summary>A text that is not too long for a line.</summary>
    internal static string Short(string text) => Around(text, 0);

    private static string Around(string text, int at)
    {
        const int Before = 60;
        const int After = 120;
        int head = text.IndexOf(' ', StringComparison.Ordinal) + 1;
        int start = at - Before <= head ? 0 : at - Before;
        int end = Math.Min(text.Length, Math.Max(at, start) + After);
        return $"{(start == 0 ? "" : text[..head] + "...")}{text[start..end]}{(end == text.Length ? "" : "...")}";
    }
}
