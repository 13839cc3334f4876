namespace Reactive.Network.Load.Plots;

/// <summary>How a series looks: colours that are told apart by most eyes, on light and on dark.</summary>
/// <param name="Name">In the legend.</param>
/// <param name="Colour">Of its marks.</param>
/// <param name="IsLine">Whether its marks are joined.</param>
/// <param name="IsDashed">A baseline: dashed and hollow.</param>
internal sealed record Series(string Name, string Colour, bool IsLine = false, bool IsDashed = false)
{
    public const string Blue = "#3987e5";
    public const string Orange = "#d97706";
    public const string Green = "#1f9d6b";
    public const string Purple = "#9a6dd7";
    public const string Grey = "#8c959f";
}
