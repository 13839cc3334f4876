namespace Reactive.Network.Tests.Support;

/// <summary>
/// Test classes that use every core for seconds, or wait on a real clock for processes and sockets: they run one after the other, behind all that run side by
/// side, so that none of them is starved by another.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public class Alone
{
    /// <summary>The name of the collection.</summary>
    public const string Name = "alone";
}
