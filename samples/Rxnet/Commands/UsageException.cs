namespace Rxnet.Commands;

/// <summary>The options make sense each by itself, but not together.</summary>
internal sealed class UsageException(string message) : Exception(message);
