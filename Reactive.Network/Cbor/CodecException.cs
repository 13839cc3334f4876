namespace Reactive.Network.Cbor;

/// <summary>Bytes that are not what they should be: not CBOR, too deep, too long, or not a message of the protocol.</summary>
/// <param name="message">What was expected and what stands there.</param>
/// <param name="offset">Where in the item, in bytes from its start, or -1 where no single place is to blame.</param>
/// <param name="inner">What was caught, if anything.</param>
public sealed class CodecException(string message, long offset = -1, Exception? inner = null)
    : NetworkException(Fault.Remote, offset < 0 ? message : $"{message} (at byte {offset})", inner)
{
    /// <summary>Where in the item, in bytes from its start, or -1 where no single place is to blame.</summary>
    public long Offset { get; } = offset;

    /// <summary>A message whose tag or length no message of the protocol has.</summary>
    public static CodecException UnknownMessage(string protocol, ulong tag, int length) =>
        new($"no {protocol} message has tag {tag} and {length} elements");
}
