using System.Buffers.Binary;
using Reactive.Network.Chain;

namespace Reactive.Network.Tests.Support;

/// <summary>
/// Events of a chain drawn as text: a letter rolls forward to the block of that name, <c>&lt;a</c> rolls back to it, <c>&lt;@</c> to origin, and <c>@</c> alone is
/// an intersection at origin. Letters stand for slots, so that a later one is a newer block.
/// </summary>
public static class ChainEvents
{
    /// <summary>The point of a block.</summary>
    public static Point At(char name) => name == '@' ? Point.Origin : At((int)name);

    /// <summary>The point of the block in a slot.</summary>
    public static Point At(int slot)
    {
        Span<byte> hash = stackalloc byte[BlockHash.Size];
        hash.Clear();
        BinaryPrimitives.WriteInt32BigEndian(hash, slot);
        return new Point((ulong)slot, new BlockHash(hash));
    }

    /// <summary>Sends what is drawn.</summary>
    public static void Send(string events, Action<ChainEvent<char>> send)
    {
        ArgumentNullException.ThrowIfNull(events);
        ArgumentNullException.ThrowIfNull(send);
        for (int i = 0; i < events.Length; i++)
        {
            ChainEventKind kind = events[i] switch
            {
                '<' => ChainEventKind.RollBackward,
                '@' => ChainEventKind.Intersected,
                _ => ChainEventKind.RollForward,
            };
            i += kind == ChainEventKind.RollBackward ? 1 : 0;
            send(new ChainEvent<char>(kind, At(events[i]), kind == ChainEventKind.RollForward ? events[i] : default, default));
        }
    }

    /// <summary>An event drawn the same way.</summary>
    public static string Draw(ChainEvent<char> e)
    {
        char name = e.Point.IsOrigin ? '@' : (char)e.Point.Slot;
        return e.Kind switch
        {
            ChainEventKind.RollBackward => $"<{name}",
            ChainEventKind.Intersected => $"{name}",
            _ => $"{e.Value}",
        };
    }
}
