using System.Numerics;
using Reactive.Network.Chain;

namespace Reactive.Network.Tests.Chain;

public class MerkleTreeTests
{
    [Fact]
    public void HasTheRootOfTheDefinition_WhenLeavesAreCounted()
    {
        for (int count = 0; count <= 70; count++)
        {
            byte[][] leaves = [.. Enumerable.Range(0, count).Select(static i => new byte[] { (byte)i, 7 })];
            var tree = new MerkleTree(new BlockHash[MerkleTree.MaxDepth]);
            foreach (byte[] leaf in leaves)
            {
                tree.Add(leaf);
            }

            Assert.Equal(ByDefinition(leaves), tree.Root());
            Assert.Equal((uint)count, tree.Count);
        }
    }

    private static BlockHash ByDefinition(ReadOnlySpan<byte[]> leaves)
    {
        if (leaves.Length < 2)
        {
            return Blake2b256.Hash(leaves.IsEmpty ? [] : [0, .. leaves[0]]);
        }

        int left = 1 << BitOperations.Log2((uint)leaves.Length - 1);
        return Blake2b256.Hash([1, .. ByDefinition(leaves[..left]).AsSpan(), .. ByDefinition(leaves[left..]).AsSpan()]);
    }
}
