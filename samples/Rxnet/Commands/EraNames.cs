using System.CommandLine;
using Reactive.Network.Chain;

namespace Rxnet.Commands;

/// <summary>Eras by name, as options and arguments have them.</summary>
internal static class EraNames
{
    private static readonly Era[] All = [Era.Byron, Era.Shelley, Era.Allegra, Era.Mary, Era.Alonzo, Era.Babbage, Era.Conway, Era.Dijkstra];

    /// <summary>All names, as they are written.</summary>
    public static string List { get; } = string.Join(", ", All.Select(static era => era.Name()));

    public static bool TryParse(string text, out Era era)
    {
        int index = Array.FindIndex(All, known => known.Name().Equals(text, StringComparison.OrdinalIgnoreCase));
        era = index < 0 ? default : All[index];
        return index >= 0;
    }

    public static Option<Era?> Option(string description) => new("--era")
    {
        Description = description,
        HelpName = "ERA",
        CustomParser = CommonOptions.Parser<Era?>(
            static (text, out value) =>
            {
                bool isRead = TryParse(text, out Era era);
                value = era;
                return isRead;
            },
            $"no era: {List}"),
    };
}
