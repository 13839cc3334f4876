namespace Reactive.Network.Protocols;

/// <summary>The agreed version does not have what was asked for. Nothing was sent; the connection goes on.</summary>
/// <param name="what">What was asked for.</param>
/// <param name="since">The version that has it first.</param>
/// <param name="agreed">The version that was agreed on.</param>
/// <param name="until">The version that has it last, where a later one dropped it.</param>
public sealed class WrongVersionException(string what, int since, int agreed, int? until = null) : NetworkException(
    Fault.Local, until is { } last && agreed > last
        ? $"{what}: up to version {last}, the connection has {agreed}"
        : $"{what}: from version {since}, the connection has {agreed}")
{
    /// <summary>The version that has it first.</summary>
    public int Since { get; } = since;

    /// <summary>The version that has it last, where a later one dropped it.</summary>
    public int? Until { get; } = until;

    /// <summary>The version that was agreed on.</summary>
    public int Agreed { get; } = agreed;
}
