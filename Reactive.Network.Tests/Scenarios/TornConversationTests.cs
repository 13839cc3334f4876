using Reactive.Network.Bearers;
using Reactive.Network.Chain;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Protocols.KeepAlive;
using Reactive.Network.Storage;

namespace Reactive.Network.Tests.Scenarios;

/// <summary>A whole conversation whose bytes come in other pieces, or stop: the same events, or one error and nothing left behind.</summary>
public class TornConversationTests
{
    private static readonly Block[] Blocks = [.. new ChainGenerator(new ChainGeneratorOptions { Seed = 6, BodyBytes = 300 }).Take(9)];
    private static readonly Tip End = Wire.TipAt(Blocks[8]);

    private static readonly (MiniProtocolId Protocol, byte[] Message)[] Script =
    [
        (NodeToNode.ChainSync, Wire.Of(ChainSyncMessage.IntersectFound(Blocks[2].Point, End))),
        (NodeToNode.ChainSync, Wire.Of(ChainSyncMessage.RollBackward(Blocks[2].Point, End))),
        (NodeToNode.ChainSync, Wire.Of(Wire.Forward(Blocks[3], End))),
        (NodeToNode.ChainSync, Wire.Of(ChainSyncMessage.AwaitReply)),
        (NodeToNode.ChainSync, Wire.Of(ChainSyncMessage.RollBackward(Blocks[1].Point, End))),
        (NodeToNode.BlockFetch, Wire.Of(BlockFetchMessage.StartBatch)),
        (NodeToNode.BlockFetch, Wire.Of(BlockFetchMessage.ForBlock(Blocks[3]))),
        (NodeToNode.ChainSync, Wire.Of(Wire.Forward(Blocks[2], End))),
        (NodeToNode.BlockFetch, Wire.Of(BlockFetchMessage.ForBlock(Blocks[4]))),
        (NodeToNode.BlockFetch, Wire.Of(BlockFetchMessage.BatchDone)),
        (NodeToNode.BlockFetch, Wire.Of(BlockFetchMessage.NoBlocks)),
    ];

    private static readonly string[] Expected = new Play().Run().Events;

    [Fact]
    public void TellsTheWholeStory()
    {
        Assert.Equal(
            [
                $"Intersected {Blocks[2].Point}", $"RollForward {Blocks[3].Point}", $"RollBackward {Blocks[1].Point}", $"block {Blocks[3].Point}",
                $"RollForward {Blocks[2].Point}", $"block {Blocks[4].Point}", "fetched", nameof(BlocksUnavailableException), "pong",
            ],
            Expected);
    }

    [Fact]
    public void TellsTheSame_WhenAMessageComesInTwoSdus()
    {
        for (int message = 0; message < Script.Length; message++)
        {
            for (int cut = 1; cut < Script[message].Message.Length; cut++)
            {
                AssertSame(message, cut);
            }
        }
    }

    [Fact]
    public void TellsTheSame_WhenAMessageComesInThreeSdus()
    {
        for (int message = 0; message < Script.Length; message++)
        {
            int[] cuts = Cuts(Script[message].Message.Length);
            foreach (int first in cuts)
            {
                foreach (int second in cuts.Where(cut => cut > first))
                {
                    AssertSame(message, first, second);
                }
            }
        }
    }

    [Fact]
    public void TellsTheSame_WhenEveryByteComesAlone()
    {
        Play play = new() { SduBytes = 1, Chunk = 1 };

        Assert.Equal(Expected, play.Run().Events);
    }

    /// <summary>The bearer ends in order, or breaks, behind every byte of the conversation.</summary>
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 3)]
    public void FailsOnceAndLeavesNothing_WhenTheBearerEndsAtAnyByte(bool abort, int step)
    {
        int total = ScriptedPeer.Sdu(SduSender.Responder, NodeToNode.Handshake, Wire.Accept(oneWay: true)).Length
            + Script.Sum(line => SduHeader.Size + line.Message.Length) + SduHeader.Size + 3;
        for (int bytes = 0; bytes < total; bytes += step)
        {
            Play play = new Play { MaxBytes = bytes, Abort = abort }.Run();

            play.FailedOnceWithOneCause($"{(abort ? "broken" : "ended")} behind byte {bytes} of {total}");
        }
    }

    private static void AssertSame(int message, params int[] cuts)
    {
        Play play = new Play { CutMessage = message, Cuts = cuts }.Run();
        Assert.True(Expected.SequenceEqual(play.Events), $"message {message} cut at {string.Join(", ", cuts)}: {string.Join("; ", play.Events)}");
    }

    /// <summary>Every place in a short message; in a long one those around its structure, and some in the middle.</summary>
    private static int[] Cuts(int length) =>
        length < 16 ? [.. Enumerable.Range(1, Math.Max(0, length - 1))]
        : [1, 2, 3, 4, 5, 6, 9, length / 3, length / 2, length - 75, length - 10, length - 2, length - 1];

    private sealed class Play
    {
        private readonly List<string> _chain = [];
        private readonly List<Exception> _errors = [];
        private Conversation? _talk;
        private int _sent;

        public int CutMessage { get; init; } = -1;

        public int[] Cuts { get; init; } = [];

        public int SduBytes { get; init; } = 65_535;

        public int Chunk { get; init; } = 262_144;

        public int MaxBytes { get; init; } = int.MaxValue;

        public bool Abort { get; init; }

        public string[] Events => [.. _chain];

        public Play Run()
        {
            _talk = Conversation.Unopened(isOutbound: true, path: new InMemoryBearerOptions { MaxChunk = Chunk });
            _talk.Connection.ChainSync.Follow(Blocks[2].Point).Subscribe(
                e =>
                {
                    _chain.Add($"{e.Kind} {e.Point}");
                    e.Dispose();
                },
                _errors.Add);
            Fetch(Blocks[3], Blocks[4]);
            Fetch(Blocks[7]);
            _talk.Connection.KeepAlive.RoundTrips.Subscribe(_ => _chain.Add("pong"), _errors.Add);
            _talk.Run();
            bool goesOn = Send(NodeToNode.Handshake, [Wire.Accept(oneWay: true)]);
            for (int i = 0; goesOn && i < Script.Length; i++)
            {
                goesOn = Send(Script[i].Protocol, i == CutMessage ? Pieces(Script[i].Message) : Script[i].Message.Chunk(SduBytes));
            }

            if (goesOn)
            {
                byte[] ping = _talk.Peer.Of(NodeToNode.KeepAlive).Single().Bytes;
                Send(NodeToNode.KeepAlive, Wire.Of(KeepAliveMessage.Response(KeepAliveCodec.Read(ping).Cookie)).Chunk(SduBytes));
            }

            return this;
        }

        public void FailedOnceWithOneCause(string when)
        {
            Conversation talk = _talk!;
            if (Abort)
            {
                talk.Peer.Abort();
            }
            else
            {
                talk.Peer.Close();
            }

            talk.Run(TimeSpan.FromSeconds(2));
            Assert.True(!talk.IsOpen, $"still open, {when}");
            BearerException cause = Assert.IsType<BearerException>(talk.Cause);

            // Follow, round trips, and the fetches that were not over: the first completes, the second is refused.
            int fetches = _chain.Contains("fetched") ? _chain.Contains(nameof(BlocksUnavailableException)) ? 0 : 1 : 2;
            Assert.True(_errors.Count == 2 + fetches && _errors.All(error => ReferenceEquals(error, cause)), $"{string.Join("; ", _errors)}, {when}");
            talk.LeaksNothing(when);
        }

        private void Fetch(params Block[] blocks) =>
            _talk!.Connection.BlockFetch.Fetch([.. blocks.Select(block => new BlockRequest(block.Point, block.Size))]).Subscribe(
                block =>
                {
                    _chain.Add($"block {block.Point}");
                    block.Dispose();
                },
                error =>
                {
                    if (error is BlocksUnavailableException)
                    {
                        _chain.Add(nameof(BlocksUnavailableException));
                    }
                    else
                    {
                        _errors.Add(error);
                    }
                },
                () => _chain.Add("fetched"));

        private byte[][] Pieces(byte[] message)
        {
            int[] ends = [.. Cuts, message.Length];
            return [.. ends.Select((end, i) => message[(i == 0 ? 0 : ends[i - 1])..end])];
        }

        /// <returns>Whether all of it was sent.</returns>
        private bool Send(MiniProtocolId protocol, IEnumerable<byte[]> pieces)
        {
            foreach (byte[] piece in pieces)
            {
                byte[] sdu = ScriptedPeer.Sdu(SduSender.Responder, protocol, piece);
                int count = Math.Min(sdu.Length, MaxBytes - _sent);
                _sent += count;
                _talk!.Peer.SendRaw(sdu[..count]);
                _talk.Run(TimeSpan.FromMicroseconds(Chunk == 1 ? 500 : 5));
                if (count < sdu.Length || _sent == MaxBytes)
                {
                    return false;
                }
            }

            return true;
        }
    }
}
