namespace Reactive.Network.Peers;

/// <summary>What a user tells a network to do about a peer. Carried out in order, behind what the network is doing.</summary>
public abstract record PeerCommand
{
    private protected PeerCommand()
    {
    }

    /// <summary>Keep this peer hot from now on, as a local root of its own. Lifts a ban and an exclusion; again is the same as once.</summary>
    public sealed record Include(PeerAddress Address, bool IsTrustable = false) : PeerCommand;

    /// <summary>Forget this peer and what made it known, a local root's valency included; other peers may tell of it again.</summary>
    public sealed record Exclude(PeerAddress Address) : PeerCommand;

    /// <summary>Let go of this peer and do not use it, whatever names it, until the time is over.</summary>
    /// <param name="Address">The peer.</param>
    /// <param name="For">How long; for ever where it is left out.</param>
    public sealed record Ban(PeerAddress Address, TimeSpan? For = null) : PeerCommand;

    /// <summary>Make a hot peer warm; the governor may make it hot again after its pause.</summary>
    public sealed record Demote(PeerAddress Address) : PeerCommand;
}
