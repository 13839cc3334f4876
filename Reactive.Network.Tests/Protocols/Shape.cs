using System.Buffers.Binary;
using System.Formats.Cbor;

namespace Reactive.Network.Tests.Protocols;

/// <summary>A message as a tree, to be encoded by System.Formats.Cbor as the reference writes it, or in another legal way by hand.</summary>
internal abstract record Shape
{
    public static Shape Whole(ulong value) => new Number(value);

    public static Shape Bytes(byte[] content) => new ByteString(content);

    public static Shape Text(string content) => new TextString(content);

    public static Shape Flag(bool value) => new Boolean(value);

    public static Shape Array(params Shape[] items) => new Items(items, ListForm.Definite);

    /// <summary>Written without a length where it is not empty; read either way.</summary>
    public static Shape List(IEnumerable<Shape> items) => new Items([.. items], ListForm.Either);

    /// <summary>Written and read without a length only.</summary>
    public static Shape Indefinite(IEnumerable<Shape> items) => new Items([.. items], ListForm.Indefinite);

    public static Shape Map(IEnumerable<(Shape Key, Shape Value)> entries) => new Pairs([.. entries]);

    public static Shape Tag24(byte[] content) => new Tagged(content);

    /// <summary>What no codec looks into: the same in every encoding of the message.</summary>
    public static Shape Opaque(byte[] item) => new Raw(item);

    /// <summary>The bytes that the reference writes.</summary>
    public byte[] Encode()
    {
        var writer = new CborWriter(CborConformanceMode.Lax, convertIndefiniteLengthEncodings: false);
        Write(writer);
        return writer.Encode();
    }

    /// <summary>The same message in another way: heads longer than they need be, lists with a length where the reference leaves it out.</summary>
    public byte[] EncodeOtherwise(Random random)
    {
        var output = new List<byte>();
        Write(output, random);
        return [.. output];
    }

    private protected abstract void Write(CborWriter writer);

    private protected abstract void Write(List<byte> output, Random random);

    /// <summary>A head with an argument of 1, 2, 4 or 8 bytes, whatever it needs.</summary>
    private static void Head(List<byte> output, int major, ulong value, Random random)
    {
        int shortest = value < 24 ? 0 : value <= byte.MaxValue ? 1 : value <= ushort.MaxValue ? 2 : value <= uint.MaxValue ? 3 : 4;
        int size = random.Next(shortest, 5);
        if (size == 0)
        {
            output.Add((byte)((major << 5) | (int)value));
            return;
        }

        output.Add((byte)((major << 5) | (23 + size)));
        byte[] argument = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(argument, value);
        output.AddRange(argument[^(1 << (size - 1))..]);
    }

    private enum ListForm
    {
        Definite,
        Indefinite,
        Either,
    }

    private sealed record Number(ulong Value) : Shape
    {
        private protected override void Write(CborWriter writer) => writer.WriteUInt64(Value);

        private protected override void Write(List<byte> output, Random random) => Head(output, 0, Value, random);
    }

    private sealed record ByteString(byte[] Content) : Shape
    {
        private protected override void Write(CborWriter writer) => writer.WriteByteString(Content);

        private protected override void Write(List<byte> output, Random random)
        {
            Head(output, 2, (ulong)Content.Length, random);
            output.AddRange(Content);
        }
    }

    private sealed record TextString(string Content) : Shape
    {
        private protected override void Write(CborWriter writer) => writer.WriteTextString(Content);

        private protected override void Write(List<byte> output, Random random)
        {
            byte[] utf8 = System.Text.Encoding.UTF8.GetBytes(Content);
            Head(output, 3, (ulong)utf8.Length, random);
            output.AddRange(utf8);
        }
    }

    private sealed record Boolean(bool Value) : Shape
    {
        private protected override void Write(CborWriter writer) => writer.WriteBoolean(Value);

        private protected override void Write(List<byte> output, Random random) => output.Add((byte)(Value ? 0xf5 : 0xf4));
    }

    private sealed record Tagged(byte[] Content) : Shape
    {
        private protected override void Write(CborWriter writer)
        {
            writer.WriteTag(CborTag.EncodedCborDataItem);
            writer.WriteByteString(Content);
        }

        private protected override void Write(List<byte> output, Random random)
        {
            Head(output, 6, 24, random);
            Head(output, 2, (ulong)Content.Length, random);
            output.AddRange(Content);
        }
    }

    private sealed record Raw(byte[] Item) : Shape
    {
        private protected override void Write(CborWriter writer) => writer.WriteEncodedValue(Item);

        private protected override void Write(List<byte> output, Random random) => output.AddRange(Item);
    }

    private sealed record Items(Shape[] Elements, ListForm Form) : Shape
    {
        private protected override void Write(CborWriter writer)
        {
            writer.WriteStartArray(Form == ListForm.Indefinite || (Form == ListForm.Either && Elements.Length > 0) ? null : Elements.Length);
            foreach (Shape element in Elements)
            {
                element.Write(writer);
            }

            writer.WriteEndArray();
        }

        private protected override void Write(List<byte> output, Random random)
        {
            bool hasLength = Form == ListForm.Definite || (Form == ListForm.Either && random.Next(2) == 0);
            if (hasLength)
            {
                Head(output, 4, (ulong)Elements.Length, random);
            }
            else
            {
                output.Add(0x9f);
            }

            foreach (Shape element in Elements)
            {
                element.Write(output, random);
            }

            if (!hasLength)
            {
                output.Add(0xff);
            }
        }
    }

    private sealed record Pairs((Shape Key, Shape Value)[] Entries) : Shape
    {
        private protected override void Write(CborWriter writer)
        {
            writer.WriteStartMap(Entries.Length);
            foreach ((Shape key, Shape value) in Entries)
            {
                key.Write(writer);
                value.Write(writer);
            }

            writer.WriteEndMap();
        }

        private protected override void Write(List<byte> output, Random random)
        {
            Head(output, 5, (ulong)Entries.Length, random);
            foreach ((Shape key, Shape value) in Entries)
            {
                key.Write(output, random);
                value.Write(output, random);
            }
        }
    }
}
