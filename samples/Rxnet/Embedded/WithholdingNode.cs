using Reactive.Network.Bearers;

namespace Rxnet.Embedded;

/// <summary>Announces every header and never delivers a block: what it was asked for just does not come.</summary>
internal sealed class WithholdingNode : HonestNode
{
    public override string Role => "withholds";

    public override IBearer Accept(IBearer bearer) => new WithholdingBearer(bearer);
}
