namespace Reactive.Network.Tests.Support;

/// <summary>Runs a property for many seeds; what fails names the seed that replays it.</summary>
public static class Seeds
{
    /// <summary>Runs <paramref name="body"/> once for each of <paramref name="count"/> seeds.</summary>
    /// <param name="count">Seeds to try.</param>
    /// <param name="body">The property. All its randomness comes from the argument.</param>
    /// <param name="first">The first seed: the one that a failure named, to replay it.</param>
    public static void ForEach(int count, Action<Random> body, int first = 1)
    {
        ArgumentNullException.ThrowIfNull(body);
        for (int seed = first; seed < first + count; seed++)
        {
            try
            {
                body(new Random(seed));
            }
            catch (Exception error)
            {
                throw new Xunit.Sdk.XunitException($"Fails with seed {seed} (replay: count 1, first {seed}): {error.Message}", error);
            }
        }
    }
}
