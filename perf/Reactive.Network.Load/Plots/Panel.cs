using System.Globalization;

namespace Reactive.Network.Load.Plots;

/// <summary>A rectangle of a picture with two axes.</summary>
internal sealed class Panel
{
    private readonly SvgCanvas _canvas;
    private readonly double _left;
    private readonly double _top;
    private readonly double _width;
    private readonly double _height;
    private readonly Scale _x;
    private readonly Scale _y;

    public Panel(SvgCanvas canvas, double left, double top, double width, double height, string title, Scale x, Scale y)
    {
        (_canvas, _left, _top, _width, _height, _x, _y) = (canvas, left, top, width, height, x, y);
        canvas.Text(left - 44, top - 14, title, css: "title");
        foreach ((double value, string text) in y.Marks)
        {
            canvas.Line(left, Y(value), left + width, Y(value), "grid");
            canvas.Text(left - 8, Y(value) + 4, text, "end");
        }

        canvas.Line(left, top + height, left + width, top + height, "axis");
        foreach ((double value, string text) in x.Marks)
        {
            canvas.Line(X(value), top + height, X(value), top + height + 5, "axis");
            canvas.Text(X(value), top + height + 20, text, "middle");
        }

        canvas.Text(left + (width / 2), top + height + 40, x.Name, "middle");
    }

    public double X(double value) => _left + (_width * _x.Part(value));

    public double Y(double value) => _top + (_height * (1 - _y.Part(value)));

    /// <summary>A bound that is to be kept, over the whole width.</summary>
    public void Goal(double value, string text)
    {
        _canvas.Line(_left, Y(value), _left + _width, Y(value), "goal");
        _canvas.Text(_left + _width - 4, Y(value) - 5, text, "end", "value");
    }

    public void Line(Series series, IReadOnlyList<(double X, double Y)> points)
    {
        _canvas.Path(points.Select(point => (X(point.X), Y(point.Y))), series.Colour, series.IsDashed);
        foreach ((double x, double y) in points)
        {
            _canvas.Dot(X(x), Y(y), series.Colour, series.IsDashed);
        }
    }

    /// <summary>A median, and from the least to the greatest.</summary>
    public void Whisker(Series series, double x, double shift, double low, double value, double high)
    {
        _canvas.Stroke(X(x) + shift, Y(low), X(x) + shift, Y(high), series.Colour, 2);
        _canvas.Dot(X(x) + shift, Y(value), series.Colour);
    }

    /// <summary>The bound of one value: a short dashed line.</summary>
    public void Goal(double x, double shift, double value, double halfWidth) =>
        _canvas.Line(X(x) + shift - halfWidth, Y(value), X(x) + shift + halfWidth, Y(value), "goal");

    /// <summary>A value in digits, beside its mark.</summary>
    public void Value(double x, double shift, double value) =>
        _canvas.Text(X(x) + shift + 7, Y(value) + 4, value.ToString("0.00", CultureInfo.InvariantCulture), css: "value");
}
