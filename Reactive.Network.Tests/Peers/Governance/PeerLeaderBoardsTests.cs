using Reactive.Network.Peers;
using Reactive.Network.Peers.Governance;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Peers.Governance;

public class PeerLeaderBoardsTests
{
    [Fact]
    public void CountsTheFirst_WhenSeveralAnnounceASlot()
    {
        PeerLeaderBoards boards = new();

        boards.Announced(10, new PeerId(1));
        boards.Announced(10, new PeerId(2));
        boards.Fetched(10, new PeerId(2), 500);
        boards.Fetched(10, new PeerId(1), 500);

        Assert.Equal(new PeerScore(1, 0, 0), boards.ScoreOf(new PeerId(1)));
        Assert.Equal(new PeerScore(0, 1, 500), boards.ScoreOf(new PeerId(2)));
    }

    [Fact]
    public void ForgetsTheOldestSlot_WhenTheBoardIsFull()
    {
        PeerLeaderBoards boards = new();
        boards.Announced(1, new PeerId(1));
        for (ulong slot = 2; slot <= PeerLeaderBoards.Slots; slot++)
        {
            boards.Announced(slot, new PeerId(2));
        }

        Assert.Equal(1, boards.ScoreOf(new PeerId(1)).Upstreamyness);

        boards.Announced(1_000, new PeerId(2));

        Assert.Equal(0, boards.ScoreOf(new PeerId(1)).Upstreamyness);
        Assert.Equal(PeerLeaderBoards.Slots, boards.ScoreOf(new PeerId(2)).Upstreamyness);
    }

    [Fact]
    public void IgnoresASlotOlderThanTheBoard_WhenItIsFull()
    {
        PeerLeaderBoards boards = new();
        for (ulong slot = 100; slot < 100 + PeerLeaderBoards.Slots; slot++)
        {
            boards.Fetched(slot, new PeerId(1), 10);
        }

        boards.Fetched(5, new PeerId(2), 10);

        Assert.Equal(default, boards.ScoreOf(new PeerId(2)));
        Assert.Equal(PeerLeaderBoards.Slots * 10, boards.ScoreOf(new PeerId(1)).FetchedBytes);
    }

    [Fact]
    public void AgreesWithCounting_WhenSlotsComeInAnyOrder()
    {
        Seeds.ForEach(30, static random =>
        {
            PeerLeaderBoards boards = new();
            SortedDictionary<ulong, (int Peer, int Bytes)> model = [];
            for (int i = 0; i < 600; i++)
            {
                (ulong slot, int peer, int bytes) = ((ulong)random.Next(500), random.Next(1, 6), random.Next(90_000));
                boards.Fetched(slot, new PeerId(peer), bytes);
                if (model.TryAdd(slot, (peer, bytes)) && model.Count > PeerLeaderBoards.Slots)
                {
                    model.Remove(model.First().Key);
                }
            }

            for (int peer = 1; peer < 6; peer++)
            {
                var entries = model.Values.Where(entry => entry.Peer == peer).ToArray();
                Assert.Equal(new PeerScore(0, entries.Length, entries.Sum(static entry => entry.Bytes)), boards.ScoreOf(new PeerId(peer)));
            }
        });
    }

    [Fact]
    public void ScoresWhatCounts_WhenTheModeIsKnown()
    {
        PeerScore score = new(3, 4, 5_000);

        Assert.Equal(7, score.In(GovernorMode.Deadline));
        Assert.Equal(5_000, score.In(GovernorMode.BulkSync));
        Assert.Equal(5_000, score.In(GovernorMode.Genesis));
    }
}
