using Reactive.Network;
using Reactive.Network.Protocols;

namespace Rxnet.Output;

/// <summary>Why a connection ended, as it is printed: the type of the error without "Exception", then what it says.</summary>
internal readonly record struct Cause(string? Text, Fault? Fault)
{
    public static Cause Of(Exception? error) => error switch
    {
        null => default,
        ConnectionClosedException => new Cause(error.Message, null),
        _ => new Cause($"{NameOf(error)}: {error.Message.ReplaceLineEndings(" ")}", (error as NetworkException)?.Fault ?? Reactive.Network.Fault.Local),
    };

    private static string NameOf(Exception error)
    {
        const string Suffix = "Exception";
        string name = error.GetType().Name;
        return name.EndsWith(Suffix, StringComparison.Ordinal) ? name[..^Suffix.Length] : name;
    }
}
