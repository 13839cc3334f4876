using System.Reflection;
using BenchmarkDotNet.Attributes;
using Reactive.Network.Benchmarks.Chain;

namespace Reactive.Network.Tests.Architecture;

/// <summary>Each benchmark runs here once for each of its parameters, so that none of them rots between two measurements.</summary>
public class BenchmarkSmokeTests
{
    public static TheoryData<string> Classes =>
        [.. Benchmarks().Select(static type => type.FullName!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Classes))]
    public void EachBenchmarkRuns_WhenCalledOnce(string name)
    {
        Type type = typeof(Blake2b256Benchmarks).Assembly.GetType(name, throwOnError: true)!;
        int run = 0;

        foreach (object benchmarks in Instances(type))
        {
            Call<GlobalSetupAttribute>(benchmarks);
            run += Call<BenchmarkAttribute>(benchmarks);
            Call<GlobalCleanupAttribute>(benchmarks);
        }

        Assert.True(run > 0, $"{name} has no benchmark");
    }

    [Fact]
    public void MemoryIsMeasured_WhenABenchmarkRuns() =>
        Assert.Empty(Benchmarks().Where(static type => type.GetCustomAttribute<MemoryDiagnoserAttribute>() is null));

    private static IEnumerable<Type> Benchmarks() =>
        from type in typeof(Blake2b256Benchmarks).Assembly.GetTypes()
        where type.GetMethods().Any(static method => method.GetCustomAttribute<BenchmarkAttribute>() is not null)
        select type;

    /// <summary>One instance for each combination of parameters.</summary>
    private static IEnumerable<object> Instances(Type type)
    {
        IEnumerable<object> instances = [Activator.CreateInstance(type)!];
        foreach (PropertyInfo property in type.GetProperties())
        {
            if (property.GetCustomAttribute<ParamsAttribute>() is { } parameters)
            {
                instances = instances.SelectMany(instance => parameters.Values.Select(value =>
                {
                    property.SetValue(instance, value);
                    return instance;
                }));
            }
        }

        return instances;
    }

    private static int Call<TAttribute>(object benchmarks)
        where TAttribute : Attribute
    {
        int called = 0;
        foreach (MethodInfo method in benchmarks.GetType().GetMethods().Where(static method => method.GetCustomAttribute<TAttribute>() is not null))
        {
            method.Invoke(benchmarks, null);
            called++;
        }

        return called;
    }
}
