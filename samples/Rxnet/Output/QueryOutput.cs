using Rxnet.Querying;

namespace Rxnet.Output;

/// <summary>What <c>query</c> tells.</summary>
internal sealed class QueryOutput(StandardOutput output, bool asJson)
{
    public void Write(string name, Answer answer)
    {
        if (asJson)
        {
            new JsonLines(output).Write("result", json =>
            {
                json.WriteString("query", name);
                json.WritePropertyName("value");
                answer.Write(json);
            });
            return;
        }

        foreach (string line in answer.Lines)
        {
            output.WriteLine(line);
        }
    }

    /// <summary>All that have a name here.</summary>
    public static void List(StandardOutput output)
    {
        int width = NamedQuery.All.Max(static query => Usage(query).Length) + 2;
        foreach (NamedQuery query in NamedQuery.All)
        {
            output.WriteLine($"{Usage(query).PadRight(width)}{query.Description}");
        }
    }

    private static string Usage(NamedQuery query) => $"{query.Name} {query.Arguments}".TrimEnd();
}
