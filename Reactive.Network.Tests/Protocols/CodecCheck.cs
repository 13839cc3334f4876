using System.Buffers;
using Reactive.Network.Cbor;

namespace Reactive.Network.Tests.Protocols;

/// <summary>What every codec is held to, whatever its messages mean.</summary>
internal static class CodecCheck
{
    /// <summary>The bytes that <paramref name="write"/> appends.</summary>
    public static byte[] Encode(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>The bytes that <paramref name="write"/> appends, in lower-case hexadecimal.</summary>
    public static string EncodeHex(Action<IBufferWriter<byte>> write) => Convert.ToHexStringLower(Encode(write));

    /// <summary>No proper beginning of a message is a message, and neither is a message with a byte behind it.</summary>
    public static void RefusesTornItems(byte[] message, Action<ReadOnlyMemory<byte>> read)
    {
        for (int length = 0; length < message.Length; length++)
        {
            Assert.Throws<CodecException>(() => read(message.AsMemory(0, length)));
        }

        Assert.Throws<CodecException>(() => read((byte[])[.. message, 0]));
    }

    /// <summary>With any one bit changed, a message is either another message or a <see cref="CodecException"/>.</summary>
    public static void SurvivesOneBitDamage(byte[] message, Action<ReadOnlyMemory<byte>> read)
    {
        for (int bit = 0; bit < message.Length * 8; bit++)
        {
            byte[] damaged = [.. message];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Survives(damaged, read);
        }
    }

    /// <summary>Random bytes, and random bytes behind the start of a message, are a message or a <see cref="CodecException"/>.</summary>
    public static void SurvivesNoise(int seed, Action<ReadOnlyMemory<byte>> read)
    {
        var random = new Random(seed);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] noise = new byte[random.Next(0, 40)];
            random.NextBytes(noise);
            if (noise.Length > 1 && i % 2 == 0)
            {
                noise[0] = (byte)(0x81 + random.Next(3));
                noise[1] = (byte)random.Next(8);
            }

            Survives(noise, read);
        }
    }

    /// <summary>A seed for a property test, told to the reader of the test's output: the same seed gives the same test.</summary>
    public static int Seed()
    {
        int seed = Environment.GetEnvironmentVariable("REACTIVE_NETWORK_SEED") is { } given
            ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}: REACTIVE_NETWORK_SEED={seed} replays it");
        return seed;
    }

    private static void Survives(byte[] bytes, Action<ReadOnlyMemory<byte>> read)
    {
        try
        {
            read(bytes);
        }
        catch (CodecException)
        {
            // As it should.
        }
        catch (Exception other)
        {
            Assert.Fail($"{Convert.ToHexStringLower(bytes)}: {other}");
        }
    }
}
