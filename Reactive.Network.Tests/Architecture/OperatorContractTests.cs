using System.Linq.Expressions;
using System.Reactive;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Reactive.Testing;
using Reactive.Network.Chain;
using Reactive.Network.Operators;
using Reactive.Network.Peers;
using Reactive.Network.Protocols.BlockFetch;
using Reactive.Network.Protocols.ChainSync;
using Reactive.Network.Storage;
using Reactive.Network.Tests.Protocols.TxSubmission;
using Reactive.Network.Tests.Scenarios;

namespace Reactive.Network.Tests.Architecture;

/// <summary>What every operator keeps, by reflection over all of them: a new one is held to it without anybody remembering.</summary>
public class OperatorContractTests
{
    private static readonly Type[] Clients = [typeof(ChainSyncClient), typeof(LocalChainSyncClient), typeof(LocalConnection)];

    /// <summary>Every public operator, by its printed signature.</summary>
    public static TheoryData<string> Operators => [.. Methods().Select(static method => method.ToString()!)];

    [Theory]
    [MemberData(nameof(Operators))]
    public void ThrowsAtTheCall_WhenAnArgumentIsNull(string signature)
    {
        MethodInfo definition = Find(signature);
        MethodInfo method = Close(definition);
        ParameterInfo[] parameters = definition.GetParameters();
        for (int i = 0; i < parameters.Length; i++)
        {
            if (!parameters[i].ParameterType.IsValueType && new NullabilityInfoContext().Create(parameters[i]).ReadState == NullabilityState.NotNull)
            {
                AssertThrows<ArgumentNullException>(method, i, null, parameters[i].Name!);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Operators))]
    public void ThrowsAtTheCall_WhenAnArgumentIsOutOfRange(string signature)
    {
        MethodInfo method = Close(Find(signature));
        foreach (ParameterInfo parameter in method.GetParameters())
        {
            object? outside = parameter.ParameterType switch
            {
                var type when type == typeof(int) => 0,
                var type when type == typeof(long) => 0L,
                var type when type == typeof(TimeSpan) => TimeSpan.Zero,
                { IsEnum: true } type => Enum.ToObject(type, 99),
                _ => null,
            };
            if (outside is not null)
            {
                AssertThrows<ArgumentOutOfRangeException>(method, parameter.Position, outside, parameter.Name!);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Operators))]
    public void TakesTheSchedulerLastAndNoToken_WhenDeclared(string signature)
    {
        ParameterInfo[] parameters = Find(signature).GetParameters();

        Assert.All(parameters.SkipLast(1), static p => Assert.NotEqual(typeof(IScheduler), p.ParameterType));
        Assert.All(parameters, static p => Assert.NotEqual(typeof(CancellationToken), p.ParameterType));
    }

    [Theory]
    [MemberData(nameof(Operators))]
    public void ExtendsAnObservable_WhenDeclared(string signature)
    {
        MethodInfo method = Find(signature);

        Assert.True(method.IsDefined(typeof(ExtensionAttribute), false));
        // An operator extends an observable, or stands where a stream begins: at a client of a mini-protocol, or of a node.
        ParameterInfo first = method.GetParameters()[0];
        Assert.Equal(Clients.Contains(first.ParameterType) ? "client" : "source", first.Name);
    }

    private static void AssertThrows<TError>(MethodInfo method, int position, object? value, string name)
        where TError : ArgumentException
    {
        object?[] arguments = [.. method.GetParameters().Select(static p => Valid(p.ParameterType))];
        arguments[position] = value;
        TargetInvocationException thrown = Assert.Throws<TargetInvocationException>(() => method.Invoke(null, arguments));
        Assert.Equal(name, Assert.IsType<TError>(thrown.InnerException).ParamName);
    }

    private static MethodInfo[] Methods() => typeof(NetworkObservable).GetMethods(BindingFlags.Public | BindingFlags.Static);

    private static MethodInfo Find(string signature) => Methods().Single(method => method.ToString() == signature);

    private static MethodInfo Close(MethodInfo method) => !method.IsGenericMethodDefinition
        ? method
        : method.MakeGenericMethod([.. method.GetGenericArguments().Select(static p =>
            p.GetGenericParameterConstraints().Contains(typeof(IDisposable)) ? typeof(CancellationTokenRegistration) : typeof(int))]);

    private static object? Valid(Type type)
    {
        if (type == typeof(int) || type == typeof(long))
        {
            return Convert.ChangeType(1, type);
        }

        if (type == typeof(TimeSpan))
        {
            return TimeSpan.FromSeconds(1);
        }

        if (type == typeof(IScheduler))
        {
            return new TestScheduler();
        }

        if (typeof(Delegate).IsAssignableFrom(type))
        {
            MethodInfo invoke = type.GetMethod("Invoke")!;
            return Expression.Lambda(
                type, Expression.Default(invoke.ReturnType), invoke.GetParameters().Select(static p => Expression.Parameter(p.ParameterType))).Compile();
        }

        if (type == typeof(ICheckpointStore))
        {
            return new NoStore();
        }

        if (type == typeof(IChainStore))
        {
            return new InMemoryChain();
        }

        if (type == typeof(ChainSyncClient))
        {
            return new VirtualPair().Client.ChainSync;
        }

        if (type == typeof(BlockFetchClient))
        {
            return new VirtualPair().Client.BlockFetch;
        }

        if (type == typeof(LocalChainSyncClient))
        {
            return new VirtualLocalPair(new LocalService()).Client.ChainSync;
        }

        if (type == typeof(LocalConnection))
        {
            return new VirtualLocalPair(new LocalService()).Client;
        }

        if (type == typeof(Transaction))
        {
            return Transactions.Of(1);
        }

        if (type == typeof(IReadOnlyList<Point>))
        {
            return Array.Empty<Point>();
        }

        Type? open = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        string? maker = open == typeof(IObservable<>) ? nameof(NeverOf) : open == typeof(IObserver<>) ? nameof(ObserverOf) : null;
        return maker is null
            ? Activator.CreateInstance(type)
            : typeof(OperatorContractTests).GetMethod(maker, BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(type.GetGenericArguments()).Invoke(null, null);
    }

    private static IObservable<T> NeverOf<T>() => Observable.Never<T>();

    private static IObserver<T> ObserverOf<T>() => Observer.Create<T>(static _ => { });

    private sealed class NoStore : ICheckpointStore
    {
        public IReadOnlyList<Point> Load() => [];

        public void Save(IReadOnlyList<Point> points)
        {
        }
    }
}
