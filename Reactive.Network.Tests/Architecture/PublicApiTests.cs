using System.Reflection;
using System.Text;
using Reactive.Network.Operators;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Architecture;

/// <summary>
/// The public API of each library is a text file that is reviewed like code: <c>PublicApi/&lt;assembly&gt;.txt</c>. To accept a change run the tests with the
/// environment variable <c>RXNET_ACCEPT_API=1</c>, and read the difference before committing it.
/// </summary>
public class PublicApiTests
{
    private const string AcceptVariable = "RXNET_ACCEPT_API";

    [Theory]
    [InlineData(typeof(NetworkException))]
    [InlineData(typeof(NetworkObservable))]
    public void IsAsApproved_WhenPrinted(Type inLibrary)
    {
        Assembly library = inLibrary.Assembly;
        string path = RepositoryFolder.At("Reactive.Network.Tests", "PublicApi", $"{library.GetName().Name}.txt");
        string[] actual = [.. PublicApiPrinter.Print(library)];
        if (Environment.GetEnvironmentVariable(AcceptVariable) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, string.Join('\n', actual) + "\n");
        }

        string[] approved = File.Exists(path) ? File.ReadAllLines(path) : [];

        Assert.True(approved.SequenceEqual(actual), Difference(path, approved, actual));
    }

    [Fact]
    public void PrintsWhatACallerSees_WhenATypeHasEverything()
    {
        string[] printed = [.. PublicApiPrinter.PrintType(typeof(Sample<>))];

        Assert.Equal(
            [
                "public abstract class Reactive.Network.Tests.Architecture.PublicApiTests.Sample<T> : IDisposable where T : struct",
                "    protected Sample(string? name)",
                "    public const int Limit = 3",
                "    public int Count { get; init; }",
                "    public event EventHandler? Changed",
                "    public static bool TryGet(out T value, List<string?> names = null)",
                "    public virtual void Dispose()",
            ],
            printed);
    }

    private static string Difference(string path, string[] approved, string[] actual)
    {
        StringBuilder text = new($"The public API is not as approved in {path}.\n");
        string type = "";
        HashSet<string> before = [.. Qualified(approved)];
        HashSet<string> now = [.. Qualified(actual)];
        foreach (string line in Qualified(approved).Where(line => !now.Contains(line)).Select(static line => $"- {line}")
            .Concat(Qualified(actual).Where(line => !before.Contains(line)).Select(static line => $"+ {line}")))
        {
            text.Append(line).Append('\n');
        }

        return text.Append($"If it is meant, accept it: {AcceptVariable}=1 dotnet test, then review the change of that file.").ToString();

        // Members carry their type, so that a line of the difference says where it belongs.
        IEnumerable<string> Qualified(string[] lines) => lines.Select(line =>
        {
            if (!line.StartsWith(' '))
            {
                type = line;
                return line;
            }

            return $"{type.Split(' ').FirstOrDefault(static word => word.Contains('.', StringComparison.Ordinal))}: {line.Trim()}";
        }).Where(static line => line.Length > 0).ToArray();
    }

#pragma warning disable CA1000, CA1822, CA1051, CA1063, CA1816, CS0067 // a specimen: it is printed, not used
    public abstract class Sample<T> : IDisposable
        where T : struct
    {
        public const int Limit = 3;

        protected Sample(string? name) => _ = name;

        public event EventHandler? Changed;

        public int Count { get; init; }

        public static bool TryGet(out T value, List<string?> names = null!)
        {
            value = default;
            return names is null;
        }

        public virtual void Dispose()
        {
        }

        internal void Hidden()
        {
        }
    }
#pragma warning restore
}
