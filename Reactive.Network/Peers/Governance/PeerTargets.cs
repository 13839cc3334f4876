namespace Reactive.Network.Peers.Governance;

/// <summary>
/// How many peers to have at each temperature. Each count includes the warmer ones, local roots too; big ledger peers are counted apart. Local roots
/// are kept to their valencies whatever stands here.
/// </summary>
public sealed record PeerTargets
{
    /// <summary>No more than this may be asked for as <see cref="Known"/> or <see cref="KnownBigLedger"/>.</summary>
    public const int MaxKnown = 10_000;

    /// <summary>No more than this may be asked for as <see cref="Established"/> or <see cref="EstablishedBigLedger"/>.</summary>
    public const int MaxEstablished = 1_000;

    /// <summary>No more than this may be asked for as <see cref="Active"/> or <see cref="ActiveBigLedger"/>.</summary>
    public const int MaxActive = 100;

    /// <summary>The reference's targets of a relay: the defaults.</summary>
    public static PeerTargets Relay { get; } = new();

    /// <summary>The reference's targets of a block producer.</summary>
    public static PeerTargets BlockProducer { get; } = new() { Root = 100, Known = 100 };

    /// <summary>The reference's targets while syncing in Genesis mode.</summary>
    public static PeerTargets GenesisSync { get; } = new()
    {
        Root = 0,
        Known = 150,
        Established = 10,
        Active = 5,
        KnownBigLedger = 100,
        EstablishedBigLedger = 40,
        ActiveBigLedger = 30,
    };

    /// <summary>Nothing but the local roots.</summary>
    public static PeerTargets LocalRootsOnly { get; } = new()
    {
        Root = 0,
        Known = 0,
        Established = 0,
        Active = 0,
        KnownBigLedger = 0,
        EstablishedBigLedger = 0,
        ActiveBigLedger = 0,
    };

    /// <summary>Peers from local, public and ledger roots to know of.</summary>
    /// <value>0 to <see cref="Known"/>; 60 by default.</value>
    public int Root { get; init; } = 60;

    /// <summary>Peers to know of.</summary>
    /// <value>0 to 10,000; 150 by default.</value>
    public int Known { get; init; } = 150;

    /// <summary>Peers to be connected to: warm or hot.</summary>
    /// <value>0 to <see cref="Known"/>, at most 1,000; 30 by default.</value>
    public int Established { get; init; } = 30;

    /// <summary>Hot peers.</summary>
    /// <value>0 to <see cref="Established"/>, at most 100; 20 by default.</value>
    public int Active { get; init; } = 20;

    /// <summary>Big ledger peers to know of.</summary>
    /// <value>0 to 10,000; 15 by default.</value>
    public int KnownBigLedger { get; init; } = 15;

    /// <summary>Big ledger peers to be connected to.</summary>
    /// <value>0 to <see cref="KnownBigLedger"/>, at most 1,000; 10 by default.</value>
    public int EstablishedBigLedger { get; init; } = 10;

    /// <summary>Hot big ledger peers.</summary>
    /// <value>0 to <see cref="EstablishedBigLedger"/>, at most 100; 5 by default.</value>
    public int ActiveBigLedger { get; init; } = 5;

    /// <summary>Whether the counts fit together: each temperature within the one below it, and none beyond its limit.</summary>
    public bool IsSane =>
        Fit(Active, Established, Known) && Fit(ActiveBigLedger, EstablishedBigLedger, KnownBigLedger) && Root >= 0 && Root <= Known;

    /// <summary>Throws where <see cref="IsSane"/> is false.</summary>
    /// <exception cref="ArgumentException">The counts do not fit together.</exception>
    public void Validate()
    {
        if (!IsSane)
        {
            throw new ArgumentException($"0 <= active <= established <= known, root <= known, within {MaxActive}, {MaxEstablished} and {MaxKnown}: {this}");
        }
    }

    private static bool Fit(int active, int established, int known) =>
        active >= 0 && active <= established && established <= known && active <= MaxActive && established <= MaxEstablished && known <= MaxKnown;
}
