namespace Reactive.Network.Protocols;

/// <summary>Who answers for a responder: set from any thread, read on its strand.</summary>
internal sealed class HandlerSlot<T>
    where T : class
{
    private T? _value;

    public T? Value
    {
        get => Volatile.Read(ref _value);
        set => Volatile.Write(ref _value, value);
    }
}
