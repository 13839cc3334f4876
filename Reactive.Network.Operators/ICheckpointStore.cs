using Reactive.Network.Chain;

namespace Reactive.Network.Operators;

/// <summary>Where a follower's position outlives the process: a file, a row in the database that the blocks go to.</summary>
public interface ICheckpointStore
{
    /// <summary>What was saved last, newest point first; empty where nothing was.</summary>
    IReadOnlyList<Point> Load();

    /// <summary>Replaces what was saved. What it throws is thrown by the acknowledgement, which then counts for nothing.</summary>
    /// <param name="points">The position, and older places of the same chain to fall back to: 66 at most.</param>
    void Save(IReadOnlyList<Point> points);
}
