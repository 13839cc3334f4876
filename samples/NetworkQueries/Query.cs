using Reactive.Network.Peers;

namespace NetworkQueries;

/// <summary>One recipe.</summary>
/// <param name="Name">What it is run by.</param>
/// <param name="Explanation">What it asks, in one line.</param>
/// <param name="Run">The query: a line for each result, and an end.</param>
internal sealed record Query(string Name, string Explanation, Func<PeerNetwork, IObservable<string>> Run);
