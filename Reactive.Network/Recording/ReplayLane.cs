using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;

namespace Reactive.Network.Recording;

/// <summary>A recorded message of the end that is played: sent when what it answers, or followed, has come.</summary>
internal sealed class ReplayMessage
{
    /// <summary>The parts of the SDUs that it was sent in.</summary>
    public List<(SduHeader Header, long Sdu, ReadOnlyMemory<byte> Bytes)> Parts { get; } = [];

    public int Bytes { get; set; }

    /// <summary>Whether it stands in the recording, and is not the echo of a ping or a new handshake.</summary>
    public bool IsRecorded { get; init; } = true;

    /// <summary>How many messages of the peer on the same lane come before it; -1 while that is not known.</summary>
    public long Behind { get; set; } = -1;

    /// <summary>The same, as they stood in the recording.</summary>
    public long RecordedBehind { get; set; }

    /// <summary>The last message of the peer, on any lane, that was recorded before it.</summary>
    public long After { get; set; }
}

/// <summary>A recorded message of the peer, which is waited for.</summary>
/// <param name="Message">Its meaning; <see langword="null"/> where it had none.</param>
/// <param name="Raw">Its bytes.</param>
/// <param name="At">When it was sent.</param>
/// <param name="Number">Which of its half, from 1.</param>
/// <param name="Ordinal">Which of all that the peer sent.</param>
internal sealed record ExpectedMessage(CapturedMessage? Message, byte[] Raw, TimeSpan At, long Number, long Ordinal)
{
    public int Bytes => Message is null ? Raw.Length : Message.Canonical.Length;

    public override string ToString() => Message?.ToString() ?? Convert.ToHexStringLower(Raw);
}

/// <summary>One instance of one mini-protocol in a recording: what the end that is played said, and what the peer is to say.</summary>
/// <remarks>
/// Who answers may answer when the request has come, whenever that is; who asks goes on as it did in the recording. What answers what is told by the table of the mini-protocol: both
/// halves' messages are walked through its states as they are read.
/// </remarks>
internal sealed class ReplayLane
{
    private readonly Queue<(string Kind, ReplayMessage? Own)> _fromInitiator = new();
    private readonly Queue<(string Kind, ReplayMessage? Own)> _fromResponder = new();
    private MiniProtocolState? _state;
    private long _peerOrdered;
    private long _peerRecorded;

    public ReplayLane(MiniProtocolId id, ProtocolBundle bundle, bool ownIsInitiator)
    {
        Id = id;
        Table = MiniProtocolTable.Find(bundle, id);
        OwnIsInitiator = ownIsInitiator;
        bool initiatorAsks = Table is null || Table.Name != Protocols.TxSubmission.TxSubmissionProtocol.Name;
        Asks = ownIsInitiator == initiatorAsks;
        IsAnsweredLive = !ownIsInitiator && bundle == ProtocolBundle.NodeToNode && id == NodeToNode.KeepAlive;
        IsHandshake = id == NodeToNode.Handshake;
        _state = Table?.State(Table.Initial);
    }

    public MiniProtocolId Id { get; }

    public MiniProtocolTable? Table { get; }

    public string Name => Table?.Name ?? $"mini-protocol {Id}";

    public bool OwnIsInitiator { get; }

    public SduSender PeerHalf => OwnIsInitiator ? SduSender.Responder : SduSender.Initiator;

    /// <summary>Whether the half that is played asks, and the peer's answers.</summary>
    public bool Asks { get; }

    /// <summary>Whether the peer pings by its own clock and with cookies of its own: it gets its echo, and nothing is compared.</summary>
    public bool IsAnsweredLive { get; }

    public bool IsHandshake { get; }

    /// <summary>What is to be sent.</summary>
    public Queue<ReplayMessage> Own { get; } = new();

    /// <summary>What is waited for.</summary>
    public Queue<ExpectedMessage> Expected { get; } = new();

    /// <summary>What came from the peer before its place in the recording was read.</summary>
    public Queue<byte[]> Parked { get; } = new();

    /// <summary>Messages that came as recorded.</summary>
    public long Matched { get; set; }

    /// <summary>Messages sent.</summary>
    public long Sent { get; set; }

    /// <summary>Pings that were recorded and have not come: they are waited for, though not for ever.</summary>
    public long PingsLeft { get; set; }

    /// <summary>A message of the end that is played was read.</summary>
    /// <param name="message">The message.</param>
    /// <param name="kind">Which; <see langword="null"/> where it has no meaning.</param>
    public void AddOwn(ReplayMessage message, string? kind)
    {
        message.RecordedBehind = _peerRecorded;
        Own.Enqueue(message);
        Add(OwnIsInitiator ? _fromInitiator : _fromResponder, kind, message);
    }

    /// <summary>A message of the peer was read.</summary>
    public void AddExpected(ExpectedMessage message)
    {
        _peerRecorded++;
        Expected.Enqueue(message);
        Add(OwnIsInitiator ? _fromResponder : _fromInitiator, message.Message?.Kind, null);
    }

    /// <summary>Nothing more will be read: what has found no place in the table, because the recording has only a part of the conversation, goes as it was recorded.</summary>
    public void Complete() => GiveUpTheTable();

    private void Add(Queue<(string Kind, ReplayMessage? Own)> half, string? kind, ReplayMessage? own)
    {
        if (_state is null)
        {
            own?.Behind = own.RecordedBehind;
            return;
        }

        half.Enqueue((kind ?? "", own));
        Walk();
    }

    private void Walk()
    {
        while (_state is { } state)
        {
            if (state.Agency == Agency.Nobody)
            {
                _state = Table!.State(Table.Initial);
                continue;
            }

            Queue<(string Kind, ReplayMessage? Own)> half = state.Agency == Agency.Initiator ? _fromInitiator : _fromResponder;
            if (!half.TryPeek(out (string Kind, ReplayMessage? Own) next))
            {
                return;
            }

            MiniProtocolTransition? taken = state.Transitions.Where(one => one.Message == next.Kind).Cast<MiniProtocolTransition?>().FirstOrDefault();
            if (taken is not { } transition)
            {
                GiveUpTheTable();
                return;
            }

            half.Dequeue();
            _state = Table!.State(transition.Next);
            if (next.Own is { } own)
            {
                own.Behind = _peerOrdered;
            }
            else
            {
                _peerOrdered++;
            }
        }
    }

    private void GiveUpTheTable()
    {
        _state = null;
        foreach ((_, ReplayMessage? own) in _fromInitiator.Concat(_fromResponder))
        {
            own?.Behind = own.RecordedBehind;
        }

        _fromInitiator.Clear();
        _fromResponder.Clear();
    }
}
