using Rxnet.Following;

namespace Rxnet.Output;

/// <summary>Where what is followed is shown. Called with one event at a time; disposed behind the last.</summary>
internal interface IFollowOutput : IAsyncDisposable
{
    void Write(FollowEvent followed);
}
