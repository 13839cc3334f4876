namespace Reactive.Network.Peers.Discovery;

/// <summary>A topology or peer-snapshot file cannot be read, or does not say what it should.</summary>
/// <param name="file">The file.</param>
/// <param name="place">Where in it: a JSON path such as <c>$.localRoots[0].accessPoints[1].port</c>, or line and column where it is no JSON.</param>
/// <param name="problem">What is wrong there.</param>
/// <param name="inner">What was caught, if anything.</param>
public sealed class TopologyException(string file, string place, string problem, Exception? inner = null)
    : NetworkException(Fault.Local, place.Length == 0 ? $"{file}: {problem}" : $"{file}: {place}: {problem}", inner)
{
    /// <summary>The file.</summary>
    public string File { get; } = file;

    /// <summary>Where in it; empty where the file as a whole could not be read.</summary>
    public string Place { get; } = place;

    /// <summary>What is wrong there.</summary>
    public string Problem { get; } = problem;
}
