using System.Globalization;
using System.Text;

namespace Reactive.Network.Load.Results;

/// <summary>One table in Markdown.</summary>
internal sealed class MarkdownTable(params string[] heads)
{
    private readonly List<string[]> _rows = [];

    public bool IsEmpty => _rows.Count == 0;

    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>A number with the digits that matter, or a dash where it was not measured.</summary>
    public static string Number(double? value) => value switch
    {
        null => "–",
        double number when Math.Abs(number) >= 1_000 => number.ToString("#,0", CultureInfo.InvariantCulture),
        double number when Math.Abs(number) >= 100 => number.ToString("0", CultureInfo.InvariantCulture),
        double number when Math.Abs(number) >= 1 => number.ToString("0.##", CultureInfo.InvariantCulture),
        double number => number.ToString("0.###", CultureInfo.InvariantCulture),
    };

    /// <summary>A median with the least and the greatest.</summary>
    public static string Spread(Record record, string field) =>
        $"{Number(record[field])} ({Number(record[field + "Min"])} to {Number(record[field + "Max"])})";

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append("| ").AppendJoin(" | ", heads).Append(" |\n");
        text.Append("| ").AppendJoin(" | ", heads.Select(static (_, column) => column == 0 ? "---" : "--:")).Append(" |\n");
        foreach (string[] row in _rows)
        {
            text.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        }

        return text.ToString();
    }
}
