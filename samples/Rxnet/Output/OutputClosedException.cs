namespace Rxnet.Output;

/// <summary>Who read the output has gone, as <c>head</c> does when it has enough.</summary>
internal sealed class OutputClosedException() : IOException("the output was closed");
