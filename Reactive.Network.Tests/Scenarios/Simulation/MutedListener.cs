using Reactive.Network.Bearers;
using Reactive.Network.Multiplexing;
using Reactive.Network.Protocols;

namespace Reactive.Network.Tests.Scenarios.Simulation;

/// <summary>What a muted peer no longer says.</summary>
internal enum Mute
{
    Nothing,
    Blocks,
    All,
}

/// <summary>Accepts bearers whose outgoing SDUs can be made to disappear.</summary>
internal sealed class MutedListener(IBearerListener inner) : IBearerListener
{
    public Mute Mute { get; set; }

    public string LocalName => inner.LocalName;

    public void AcceptNext(Action<IBearer?, BearerException?> accepted) =>
        inner.AcceptNext((bearer, error) => accepted(bearer is null ? null : new Bearer(this, bearer), error));

    public void Dispose() => inner.Dispose();

    private sealed class Bearer(MutedListener owner, IBearer inner) : IBearer
    {
        public string RemoteName => inner.RemoteName;

        public void Start(IBearerSink sink) => inner.Start(sink);

        // A batch of the muxer is whole SDUs.
        public bool TryWrite(ReadOnlyMemory<byte> batch)
        {
            if (owner.Mute == Mute.Nothing)
            {
                return inner.TryWrite(batch);
            }

            List<byte> kept = [];
            for (ReadOnlySpan<byte> left = batch.Span; !left.IsEmpty;)
            {
                SduHeader header = SduHeader.Read(left);
                int length = SduHeader.Size + header.PayloadLength;
                if (owner.Mute == Mute.Blocks && header.Protocol != NodeToNode.BlockFetch)
                {
                    kept.AddRange(left[..length]);
                }

                left = left[length..];
            }

            return kept.Count == 0 || inner.TryWrite(kept.ToArray());
        }

        public void PauseReading() => inner.PauseReading();

        public void ResumeReading() => inner.ResumeReading();

        public void Close() => inner.Close();

        public void Abort() => inner.Abort();

        public void Dispose() => inner.Dispose();
    }
}
