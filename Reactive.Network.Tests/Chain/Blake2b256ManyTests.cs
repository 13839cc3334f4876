using System.Runtime.Intrinsics.X86;
using Reactive.Network.Chain;
using Reactive.Network.Tests.Support;

namespace Reactive.Network.Tests.Chain;

public class Blake2b256ManyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public void GivesTheHashOfEach_WhenLengthsDiffer(int lanes)
    {
        SkipUnlessThere(lanes);
        Seeds.ForEach(300, random =>
        {
            // Around the ends of blocks, where lanes begin and end.
            ReadOnlyMemory<byte>[] messages = new ReadOnlyMemory<byte>[random.Next(25)];
            for (int i = 0; i < messages.Length; i++)
            {
                byte[] bytes = new byte[Math.Max(0, (128 * random.Next(6)) + random.Next(-2, 3))];
                random.NextBytes(bytes);
                messages[i] = bytes;
            }

            BlockHash[] hashes = new BlockHash[messages.Length];
            Blake2b256Many.Hash(messages, hashes, lanes);

            Assert.Equal(messages.Select(static message => Blake2b256.Hash(message.Span)), hashes);
        });
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public void GivesTheKnownHash_WhenInEachLane(int lanes)
    {
        SkipUnlessThere(lanes);
        ReadOnlyMemory<byte>[] messages = [.. Enumerable.Repeat((ReadOnlyMemory<byte>)"abc"u8.ToArray(), lanes)];
        BlockHash[] hashes = new BlockHash[lanes];

        Blake2b256Many.Hash(messages, hashes, lanes);

        Assert.All(hashes, static hash => Assert.Equal("bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319", hash.ToString()));
    }

    [Fact]
    public void Refuses_WhenThereIsNoRoomForTheHashes() =>
        Assert.Throws<ArgumentOutOfRangeException>(static () => Blake2b256Many.Hash(new ReadOnlyMemory<byte>[2], new BlockHash[1]));

    [Fact]
    public void AllocatesNothing_WhenHashing()
    {
        ReadOnlyMemory<byte>[] messages = [.. Enumerable.Repeat((ReadOnlyMemory<byte>)new byte[900], 10)];
        BlockHash[] hashes = new BlockHash[messages.Length];
        Blake2b256Many.Hash(messages, hashes);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Blake2b256Many.Hash(messages, hashes);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void SkipUnlessThere(int lanes)
    {
        Assert.SkipWhen(lanes == 4 && !Avx2.IsSupported, "this machine has no AVX2");
        Assert.SkipWhen(lanes == 8 && !Avx512F.IsSupported, "this machine has no AVX-512");
    }
}
