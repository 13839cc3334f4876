using System.Buffers.Binary;
using System.Runtime.Intrinsics.X86;
using Reactive.Network.Chain;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Chain;

public class Blake2b256Tests
{
    [Theory]
    [InlineData("", "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8")]
    [InlineData("616263", "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319")]
    [InlineData("00", "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314")]
    [InlineData("81a0", "4ba92aa320c60acc9ad7b9a64f2eda55c4d2ec28e604faf186708b4f0c4e8edf")]
    public void GivesTheKnownHash_WhenInputIsShort(string hex, string expected) =>
        Assert.Equal(expected, Blake2b256.Hash(Convert.FromHexString(hex)).ToString());

    [Fact]
    public void PassesTheSelfTest_WhenRunAsInRfc7693()
    {
        // RFC 7693, appendix E, of which the parts without a key that give 32 bytes: the hash over the hashes of these inputs. The whole self test also runs other
        // output lengths and keys, which this type does not have; the expected value was computed with Python's hashlib.
        var all = new Blake2b256State();
        foreach (int length in new[] { 0, 3, 128, 129, 255, 1024 })
        {
            all.Append(Blake2b256.Hash(SelfTestInput(length)).AsSpan());
        }

        Assert.Equal(SelfTestHash, all.Finish().ToString());
    }

    [Fact]
    public void MixesAsInRfc7693_WhenTheBlockIsAbc()
    {
        // RFC 7693, appendix A: BLAKE2b-512("abc"), the compression function on its own.
        byte[] block = new byte[Blake2bCompression.BlockBytes];
        "abc"u8.CopyTo(block);
        const string expected =
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923";

        Assert.Equal(expected, Compress(Blake2bCompression.CompressPortable));
        Assert.Equal(expected, Compress(Blake2bCompression.Compress));

        string Compress(Compression compression)
        {
            ulong[] state = Blake2bCompression.Iv.ToArray();
            state[0] ^= 0x01010040;
            compression(state, block, 3, last: true);
            byte[] digest = new byte[64];
            for (int i = 0; i < 8; i++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(digest.AsSpan(8 * i), state[i]);
            }

            return Convert.ToHexStringLower(digest);
        }
    }

    [Fact]
    public void MixesAlike_WhenDoneByVectorsOrByWords()
    {
        Assert.SkipUnless(Avx2.IsSupported, "this machine has no AVX2");
        Seeds.ForEach(500, static random =>
        {
            byte[] block = new byte[Blake2bCompression.BlockBytes];
            random.NextBytes(block);
            ulong[] one = [.. Enumerable.Range(0, 8).Select(_ => (ulong)random.NextInt64())];
            ulong[] two = [.. one];
            ulong count = (ulong)random.NextInt64();
            bool last = random.Next(2) == 0;
            Blake2bCompression.CompressPortable(one, block, count, last);
            ulong[] three = [.. two];
            Blake2bCompression.CompressAvx2(two, block, count, last);

            Assert.Equal(one, two);
            if (Avx512F.VL.IsSupported)
            {
                Blake2bCompression.CompressAvx512(three, block, count, last);
                Assert.Equal(one, three);
            }
        });
    }

    [Fact]
    public void GivesTheSameHash_WhenBytesComeInPieces() => Seeds.ForEach(300, static random =>
    {
        byte[] bytes = new byte[random.Next(700)];
        random.NextBytes(bytes);
        var state = new Blake2b256State();
        for (int at = 0; at < bytes.Length;)
        {
            int length = Math.Min(random.Next(random.Next(1, 300)), bytes.Length - at);
            state.Append(bytes.AsSpan(at, length));
            at += length;
        }

        int cut = random.Next(bytes.Length + 1);
        Span<byte> written = stackalloc byte[40];
        Blake2b256.Hash(bytes, written);
        BlockHash expected = Blake2b256.Hash(bytes);
        Assert.Equal(expected, state.Finish());
        Assert.Equal(expected, Blake2b256.HashOfBoth(bytes.AsSpan(0, cut), bytes.AsSpan(cut)));
        Assert.Equal(expected, new BlockHash(written[..32]));
    });

    [Fact]
    public void Refuses_WhenTheDestinationIsTooShort() => Assert.Throws<ArgumentException>(static () => Blake2b256.Hash([], new byte[31]));

    [Fact]
    public void AllocatesNothing_WhenHashing()
    {
        byte[] bytes = new byte[5_000];
        Blake2b256.Hash(bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 100; i++)
        {
            Blake2b256.Hash(bytes);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private const string SelfTestHash = "4f115497d72f1ccb3d237329babe50880012733139e76a227f62b1ee64cd03e4";

    private delegate void Compression(Span<ulong> state, ReadOnlySpan<byte> block, ulong count, bool last);

    /// <summary>The generator of RFC 7693, appendix E, seeded with the length.</summary>
    private static byte[] SelfTestInput(int length)
    {
        uint a = unchecked(0xDEAD4BADu * (uint)length);
        uint b = 1;
        byte[] input = new byte[length];
        for (int i = 0; i < length; i++)
        {
            uint t = unchecked(a + b);
            a = b;
            b = t;
            input[i] = (byte)(t >> 24);
        }

        return input;
    }
}
