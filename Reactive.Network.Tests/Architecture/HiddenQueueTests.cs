using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Reactive.Network.Operators;

namespace Reactive.Network.Tests.Architecture;

/// <summary>
/// The libraries call none of Rx's operators that hold queues nobody can see or that read the ambient clock. Reads what the compiled assemblies refer
/// to, so no way of writing the call escapes.
/// </summary>
public class HiddenQueueTests
{
    private static readonly string[] Queueing = ["ObserveOn", "Buffer", "Window", "Replay", "Zip", "Delay", "ToAsyncEnumerable", "ToAsync"];

    private static readonly string[] QueueTypes = ["ReplaySubject`1", "BlockingCollection`1", "UnboundedChannelOptions"];

    [Theory]
    [InlineData(typeof(NetworkException))]
    [InlineData(typeof(NetworkObservable))]
    public void CallsNoQueueingOperator_WhenCompiled(Type inLibrary)
    {
        Assert.Empty(ObservableCalls(inLibrary.Assembly).Where(static call => HoldsQueue(call)).Select(static call => call.ToString()));
        Assert.Empty(TypeNames(inLibrary.Assembly).Intersect(QueueTypes));
    }

    [Theory]
    [InlineData(typeof(NetworkException))]
    [InlineData(typeof(NetworkObservable))]
    public void PassesASchedulerWhereTimeCounts_WhenCompiled(Type inLibrary) =>
        Assert.Empty(ObservableCalls(inLibrary.Assembly).Where(static call => ReadsAmbientClock(call)).Select(static call => call.ToString()));

    [Fact]
    public void SeesCalls_WhenThereAreSome()
    {
        // This assembly delays with a scheduler (SupportTests), which is a queue but not the ambient clock.
        MethodInfo[] calls = [.. ObservableCalls(typeof(HiddenQueueTests).Assembly)];

        Assert.Contains(calls, static call => call.Name == nameof(Observable.Delay) && HoldsQueue(call) && !ReadsAmbientClock(call));
        Assert.Contains(calls, static call => call.Name == nameof(Observable.Select) && !HoldsQueue(call));
    }

    private static bool HoldsQueue(MethodInfo call) => Queueing.Contains(call.Name)
        || (call.Name is "SelectMany" or "Merge" && call.GetParameters().Any(static p => Mentions(p.ParameterType, typeof(Task))));

    private static bool ReadsAmbientClock(MethodInfo call)
    {
        Type[] types = [.. call.GetParameters().Select(static p => p.ParameterType)];
        return (types.Contains(typeof(TimeSpan)) || types.Contains(typeof(DateTimeOffset))) && !types.Contains(typeof(IScheduler));
    }

    private static bool Mentions(Type type, Type wanted) =>
        wanted.IsAssignableFrom(type) || (type.IsGenericType && type.GetGenericArguments().Any(argument => Mentions(argument, wanted)));

    private static List<MethodInfo> ObservableCalls(Assembly assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly.Location));
        MetadataReader metadata = file.GetMetadataReader();
        List<MethodInfo> calls = [];
        foreach (MemberReferenceHandle handle in metadata.MemberReferences)
        {
            MemberReference member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind == HandleKind.TypeReference
                && metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)member.Parent).Name) == nameof(Observable)
                && assembly.ManifestModule.ResolveMember(MetadataTokens.GetToken(handle)) is MethodInfo call)
            {
                calls.Add(call);
            }
        }

        return calls;
    }

    private static List<string> TypeNames(Assembly assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly.Location));
        MetadataReader metadata = file.GetMetadataReader();
        return [.. metadata.TypeReferences.Select(handle => metadata.GetString(metadata.GetTypeReference(handle).Name))];
    }
}
