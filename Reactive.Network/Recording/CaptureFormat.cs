namespace Reactive.Network.Recording;

/// <summary>The words of the format; the README has its grammar.</summary>
internal static class CaptureFormat
{
    public const string Name = "rxnet-capture";
    public const int Version = 1;

    public const int Opened = 0;
    public const int Sdu = 1;
    public const int Remainder = 2;
    public const int Closed = 3;

    /// <summary>Names and causes are cut to so many characters: nothing that a peer says may grow an entry beyond its bound.</summary>
    public const int MaxTextLength = 1_000;

    /// <summary>The longest entry: an SDU with the largest payload, or a text with four bytes a character, and what stands around it.</summary>
    public const int MaxEntryBytes = 8 + 65_535 + 64;
}
