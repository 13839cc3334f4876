using System.Reflection;
using System.Text.RegularExpressions;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Architecture;

/// <summary>
/// There is no unbounded queue: every queue in the sources stands in the table of <c>Reactive.Network/README.md</c>, with its bound, its policy, and the test that
/// fills it.
/// </summary>
public partial class QueueTableTests
{
    [Fact]
    public void EveryQueueStandsInTheTable_WhenSourcesAreRead()
    {
        string[] listed = [.. Rows().SelectMany(static row => FileName().Matches(row.Where).Select(static match => match.Value)).Distinct()];

        IEnumerable<string> missing =
            from library in new[] { "Reactive.Network", "Reactive.Network.Operators" }
            from path in Directory.EnumerateFiles(RepositoryFolder.At(library), "*.cs", SearchOption.AllDirectories)
            where !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            where File.ReadLines(path).Any(static line => QueueField().IsMatch(line))
            where !listed.Contains(Path.GetFileNameWithoutExtension(path))
            select $"{Path.GetFileName(path)} has a queue that is not in the table";

        Assert.Empty(missing);
    }

    [Fact]
    public void EveryQueueIsFilledByATest_WhenTheTableIsRead()
    {
        HashSet<string> tests =
        [
            .. from type in typeof(QueueTableTests).Assembly.GetTypes()
               from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance)
               where method.GetCustomAttributes().Any(static attribute => attribute is FactAttribute)
               select $"{method.ReflectedType!.Name}.{method.Name}",
        ];

        Assert.NotEmpty(Rows());
        Assert.All(Rows(), row =>
        {
            string[] named = [.. TestName().Matches(row.FilledBy).Select(static match => match.Value)];
            Assert.NotEmpty(named);
            Assert.All(named, name => Assert.True(tests.Contains(name), $"{row.Queue}: there is no test {name}"));
        });
    }

    private static Row[] Rows() =>
    [
        .. File.ReadLines(RepositoryFolder.At("Reactive.Network", "README.md"))
            .SkipWhile(static line => !line.StartsWith("| queue | where", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(static line => line.StartsWith('|'))
            .Select(static line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))
            .Select(static cells => new Row(cells[0], cells[1], cells[4])),
    ];

    /// <summary>A field that holds what waits. Lists and dictionaries hold what is there, which the tables of the folders bound.</summary>
    [GeneratedRegex(@"\breadonly (Queue|LinkedList|BoundedQueue|PriorityQueue|MessageRing|ConcurrentQueue|Stack)\b")]
    private static partial Regex QueueField();

    [GeneratedRegex(@"(?<=`)\w+(?=`)")]
    private static partial Regex FileName();

    [GeneratedRegex(@"\w+Tests\.\w+")]
    private static partial Regex TestName();

    private sealed record Row(string Queue, string Where, string FilledBy);
}
