namespace Reactive.Network.Operators;

/// <summary>LINQ over peers and chains: extension methods on plain observables. Each operator is one file of its own name.</summary>
/// <remarks>
/// Two things hold for all of them. Arguments are checked at the call; whatever fails later is an <c>OnError</c>. And demand passes through:
/// where the source is an <see cref="Pacing.IPacedObservable{T}"/>, so is the result, and an element's credit goes back to the source when the last
/// observer is done with the element.
/// </remarks>
public static partial class NetworkObservable;
