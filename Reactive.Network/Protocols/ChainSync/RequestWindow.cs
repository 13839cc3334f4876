namespace Reactive.Network.Protocols.ChainSync;

/// <summary>
/// When the next <c>RequestNext</c> may be sent: the decision function of the reference (fill to the high mark, drain to the low one, never ask past
/// the peer's known tip), with unconsumed events counted like unanswered requests.
/// </summary>
internal sealed class RequestWindow(int lowMark, int highMark)
{
    /// <summary>The number before the first block: what an empty chain ends with.</summary>
    public const long BeforeFirst = -1;

    private bool _draining;

    /// <summary>The number of the newest header we have, or <see langword="null"/> where a roll back left it unknown.</summary>
    public long? Candidate { get; set; }

    /// <summary>The number of the peer's tip.</summary>
    public long PeerTip { get; set; } = BeforeFirst;

    /// <summary>Whether the newest header we have is the peer's newest.</summary>
    public bool IsAtTip => Candidate == PeerTip;

    /// <summary>A number from the wire, where any 64 bits may stand: sums of it must not wrap.</summary>
    public static long Clamp(ulong blockNumber) => (long)Math.Min(blockNumber, long.MaxValue / 2);

    /// <summary>Whether to send one more.</summary>
    /// <param name="unanswered">Requests under way.</param>
    /// <param name="unconsumed">Events delivered whose credits are still out.</param>
    public bool AllowsRequest(int unanswered, long unconsumed)
    {
        long taken = unanswered + unconsumed;
        if (taken >= highMark)
        {
            _draining = true;
            return false;
        }

        if (_draining && taken > lowMark)
        {
            return false;
        }

        _draining = false;
        if (unanswered == 0)
        {
            return true;
        }

        // With the number unknown (behind a roll back) one request at a time, until the next header tells it.
        return Candidate is { } candidate && candidate + unanswered < PeerTip;
    }
}
