using System.Globalization;
using System.Security;
using System.Text;

namespace Reactive.Network.Load.Plots;

/// <summary>A picture that stands on light and on dark backgrounds: it has none of its own, and its text and lines follow the reader's colour scheme.</summary>
internal sealed class SvgCanvas(int width, int height, string title)
{
    private const string Style =
        """
        text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; font-size: 12px; fill: #57606a; }
        .title { font-size: 14px; font-weight: 600; fill: #24292f; }
        .value { font-size: 11px; }
        .grid { stroke: #d0d7de; stroke-width: 1; }
        .axis { stroke: #8c959f; stroke-width: 1; }
        .goal { stroke: #8c959f; stroke-width: 1.5; stroke-dasharray: 5 4; }
        @media (prefers-color-scheme: dark) {
          text { fill: #9198a1; }
          .title { fill: #e6edf3; }
          .grid { stroke: #30363d; }
        }
        """;

    private readonly StringBuilder _body = new();

    public int Width => width;

    public int Height => height;

    public void Line(double x1, double y1, double x2, double y2, string css) =>
        Append($"<line class=\"{css}\" x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\"/>");

    public void Stroke(double x1, double y1, double x2, double y2, string colour, double thickness) =>
        Append($"<line x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\" stroke=\"{colour}\" stroke-width=\"{thickness:0.#}\" stroke-linecap=\"round\"/>");

    public void Path(IEnumerable<(double X, double Y)> points, string colour, bool dashed) => Append(
        $"<polyline points=\"{string.Join(' ', points.Select(static p => string.Create(CultureInfo.InvariantCulture, $"{p.X:0.#},{p.Y:0.#}")))}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{(dashed ? " stroke-dasharray=\"6 4\"" : string.Empty)}/>");

    public void Dot(double x, double y, string colour, bool hollow = false)
    {
        if (hollow)
        {
            Append($"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"3.5\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
        }
        else
        {
            Append($"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"4.5\" fill=\"{colour}\"/>");
        }
    }

    /// <param name="x">Where.</param>
    /// <param name="y">The line it stands on.</param>
    /// <param name="text">What.</param>
    /// <param name="anchor">start, middle or end.</param>
    /// <param name="css">title, value, or nothing.</param>
    public void Text(double x, double y, string text, string anchor = "start", string css = "") =>
        Append($"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\"{(css.Length > 0 ? $" class=\"{css}\"" : string.Empty)}>{SecurityElement.Escape(text)}</text>");

    /// <summary>Names of series, in a row, each behind its mark.</summary>
    public void Legend(double x, double y, IEnumerable<Series> series)
    {
        const double MarkWidth = 26;
        const double CharacterWidth = 6.3;
        foreach (Series one in series)
        {
            if (one.IsLine)
            {
                Path([(x, y - 4), (x + 18, y - 4)], one.Colour, one.IsDashed);
            }

            Dot(x + 9, y - 4, one.Colour, one.IsDashed);
            Text(x + MarkWidth, y, one.Name);
            x += MarkWidth + (CharacterWidth * one.Name.Length) + 18;
        }
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        <svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">
        <title>{SecurityElement.Escape(title)}</title>
        <style>
        {Style}
        </style>
        {_body.ToString().TrimEnd('\n')}
        </svg>

        """);

    private void Append(FormattableString element) => _body.Append(element.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
