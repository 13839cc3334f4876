using Reactive.Network.Chain;

namespace Reactive.Network.Peers.Candidates;

/// <summary>
/// A check of headers beyond links and hashes, which are checked anyway: leadership (VRF, KES), ledger rules, a checkpoint. A header it refuses ends the
/// connection of the peer that announced it.
/// </summary>
/// <remarks>
/// Called on the strand of the peer's chain-sync, for one header of a peer at a time, for several peers at once. Where it throws, the connection ends too, with
/// <see cref="Fault.Local"/>: the peer is not blamed.
/// </remarks>
public interface IHeaderValidator
{
    /// <summary>Checks a header.</summary>
    /// <param name="header">The header; valid while this runs.</param>
    /// <param name="fields">Its fields.</param>
    /// <param name="parent">What it stands on.</param>
    /// <returns><see langword="null"/> if it is good; else why not, in one line.</returns>
    string? Refuse(Header header, in HeaderFields fields, CandidateHeader parent);
}
