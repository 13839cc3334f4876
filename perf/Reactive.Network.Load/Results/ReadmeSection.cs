namespace Reactive.Network.Load.Results;

/// <summary>The part of a README that is made from a report, between two comments.</summary>
internal static class ReadmeSection
{
    private const string Begin = "<!-- results -->\n";
    private const string End = "<!-- end of results -->";

    /// <summary>The README with <paramref name="content"/> in that part.</summary>
    /// <exception cref="IOException">It has no such part.</exception>
    public static string Replace(string readme, string content)
    {
        int begin = readme.IndexOf(Begin, StringComparison.Ordinal);
        int end = readme.IndexOf(End, StringComparison.Ordinal);
        return begin >= 0 && end > begin
            ? readme[..(begin + Begin.Length)] + "\n" + content + "\n" + readme[end..]
            : throw new IOException("the README has no part between '<!-- results -->' and '<!-- end of results -->'");
    }
}
