using Reactive.Network.Chain;

namespace Reactive.Network.Peers.Candidates;

/// <summary>What must hold between a header and the one it stands on.</summary>
internal static class HeaderRules
{
    /// <summary>
    /// Checks link, height and slot, then asks the validator. A boundary block has the height of the block before it and the slot of the block behind
    /// it; what stands on origin may have any, since a chain may be served from its middle.
    /// </summary>
    /// <exception cref="BrokenLinkException">It names another predecessor.</exception>
    /// <exception cref="InvalidHeaderException">Anything else.</exception>
    public static void Check(Header header, in HeaderFields fields, Point point, CandidateHeader parent, IHeaderValidator? validator)
    {
        if (!parent.Point.IsOrigin)
        {
            if (fields.PreviousHash != parent.Point.Hash)
            {
                throw new BrokenLinkException(point, parent.Point.Hash, fields.PreviousHash);
            }

            bool isBoundary = header.Era == Era.ByronBoundary;
            if (parent.Number != CandidateHeader.UnknownNumber
                && (long)fields.BlockNumber != parent.Number + 1
                && !(isBoundary && (long)fields.BlockNumber == parent.Number))
            {
                throw new InvalidHeaderException(point, $"it has number {fields.BlockNumber} and stands on number {parent.Number}");
            }

            bool mayShareSlot = parent.IsAnchor || parent.Header.Era == Era.ByronBoundary;
            if (fields.Slot < parent.Point.Slot || (fields.Slot == parent.Point.Slot && !mayShareSlot))
            {
                throw new InvalidHeaderException(point, $"it has slot {fields.Slot} and stands on slot {parent.Point.Slot}");
            }
        }

        if (fields.BlockNumber > long.MaxValue / 2)
        {
            throw new InvalidHeaderException(point, $"no chain has {fields.BlockNumber} blocks");
        }

        if (validator?.Refuse(header, in fields, parent) is { } reason)
        {
            throw new InvalidHeaderException(point, reason);
        }
    }
}
