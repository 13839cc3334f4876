using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Reactive.Network.Tests.Architecture;

/// <summary>
/// Prints what a user of an assembly can see, in an order that does not depend on the compiler's. Each type with its namespace, what its members mention without.
/// </summary>
internal static class PublicApiPrinter
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(char)] = "char",
        [typeof(double)] = "double",
        [typeof(float)] = "float",
        [typeof(decimal)] = "decimal",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
    };

    public static IEnumerable<string> Print(Assembly assembly)
    {
        foreach (Type type in assembly.GetExportedTypes().OrderBy(FullName, StringComparer.Ordinal))
        {
            foreach (string line in PrintType(type))
            {
                yield return line;
            }

            yield return "";
        }
    }

    public static IEnumerable<string> PrintType(Type type)
    {
        yield return Header(type);
        if (type.IsEnum)
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Static))
            {
                yield return $"    {field.Name} = {Convert.ToString(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}";
            }

            yield break;
        }

        if (typeof(Delegate).IsAssignableFrom(type))
        {
            yield break;
        }

        IEnumerable<(int Kind, string Text)> members = type.GetConstructors(Declared).Where(IsVisible).Select(static c => (0, Constructor(c)))
            .Concat(type.GetFields(Declared).Where(IsVisible).Select(static f => (1, Field(f))))
            .Concat(type.GetProperties(Declared).Where(static p => p.GetAccessors(true).Any(IsVisible)).Select(static p => (2, Property(p))))
            .Concat(type.GetEvents(Declared).Where(static e => IsVisible(e.AddMethod!)).Select(static e => (3, Event(e))))
            .Concat(type.GetMethods(Declared).Where(IsPrinted).Select(static m => (4, Method(m))));
        foreach ((_, string text) in members.OrderBy(static m => m.Kind).ThenBy(static m => m.Text, StringComparer.Ordinal))
        {
            yield return $"    {text}";
        }
    }

    private static string Header(Type type)
    {
        string name = FullName(type);
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            MethodInfo invoke = type.GetMethod("Invoke")!;
            return $"public delegate {Typed(invoke.ReturnParameter)} {name}({Parameters(invoke)})";
        }

        string kind = type.IsEnum ? "enum"
            : type.IsInterface ? "interface"
            : type.IsValueType ? (IsReadOnly(type) ? "readonly " : "") + (type.IsByRefLike ? "ref struct" : "struct")
            : (type.IsAbstract ? type.IsSealed ? "static " : "abstract " : type.IsSealed ? "sealed " : "") + "class";
        IEnumerable<string> bases = type.IsEnum
            ? [TypeName(Enum.GetUnderlyingType(type))]
            : (type.BaseType is { } parent && !type.IsValueType && parent != typeof(object) ? new[] { TypeName(parent) } : [])
                .Concat(type.GetInterfaces().Where(i => i.IsVisible && !IsInherited(type, i)).Select(static i => TypeName(i)).Order(StringComparer.Ordinal));
        string list = string.Join(", ", bases);
        return $"public {kind} {name}{(list.Length > 0 ? " : " + list : "")}{Constraints(type.GetGenericArguments())}";
    }

    private static bool IsInherited(Type type, Type candidate) =>
        (type.BaseType?.GetInterfaces().Contains(candidate) ?? false) || type.GetInterfaces().Any(other => other.GetInterfaces().Contains(candidate));

    private static bool IsReadOnly(MemberInfo member) => member.IsDefined(typeof(IsReadOnlyAttribute), false);

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsVisible(FieldInfo field) => (field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly) && !field.IsSpecialName;

    // Accessors are printed with their property; what the compiler makes for a record follows from its properties.
    private static bool IsPrinted(MethodInfo method) => IsVisible(method)
        && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal))
        && !method.IsDefined(typeof(CompilerGeneratedAttribute), false);

    private static string Access(MethodBase method) => method.IsPublic ? "public " : "protected ";

    private static string Modifiers(MethodInfo method) => method.DeclaringType!.IsInterface
        ? method.IsStatic ? "static abstract " : ""
        : Access(method) + (method.IsStatic ? "static "
            : method.IsAbstract ? "abstract "
            : method.GetBaseDefinition() != method ? "override "
            : method.IsVirtual && !method.IsFinal ? "virtual " : "");

    private static string Constructor(ConstructorInfo constructor) =>
        $"{Access(constructor)}{Bare(constructor.DeclaringType!)}({Parameters(constructor)})";

    private static string Field(FieldInfo field)
    {
        string access = field.IsPublic ? "public " : "protected ";
        string type = TypeName(field.FieldType, new NullabilityInfoContext().Create(field));
        return field.IsLiteral
            ? $"{access}const {type} {field.Name} = {Literal(field.GetRawConstantValue())}"
            : $"{access}{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{type} {field.Name}";
    }

    private static string Property(PropertyInfo property)
    {
        MethodInfo[] accessors = [.. property.GetAccessors(true).Where(IsVisible)];
        MethodInfo widest = accessors.FirstOrDefault(static a => a.IsPublic) ?? accessors[0];
        string type = TypeName(property.PropertyType, new NullabilityInfoContext().Create(property));
        ParameterInfo[] index = property.GetIndexParameters();
        string name = index.Length == 0 ? property.Name : $"this[{string.Join(", ", index.Select(Parameter))}]";
        IEnumerable<string> shown = accessors.OrderBy(static a => a.ReturnType == typeof(void)).Select(accessor =>
            (accessor.IsPublic == widest.IsPublic ? "" : "protected ") + (accessor.ReturnType != typeof(void) ? "get;"
                : accessor.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init;" : "set;"));
        string required = property.IsDefined(typeof(RequiredMemberAttribute), false) ? "required " : "";
        return $"{Modifiers(widest)}{required}{type} {name} {{ {string.Join(' ', shown)} }}";
    }

    private static string Event(EventInfo declared) =>
        $"{Modifiers(declared.AddMethod!)}event {TypeName(declared.EventHandlerType!, new NullabilityInfoContext().Create(declared))} {declared.Name}";

    private static string Method(MethodInfo method)
    {
        string name = method.IsGenericMethod
            ? $"{method.Name}<{string.Join(", ", method.GetGenericArguments().Select(static a => a.Name))}>"
            : method.Name;
        return $"{Modifiers(method)}{Typed(method.ReturnParameter)} {name}({Parameters(method)}){Constraints(method.GetGenericArguments())}";
    }

    private static string Parameters(MethodBase method) =>
        (method.IsDefined(typeof(ExtensionAttribute), false) ? "this " : "") + string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        string direction = !parameter.ParameterType.IsByRef ? parameter.IsDefined(typeof(ParamArrayAttribute), false) ? "params " : ""
            : parameter.IsOut ? "out " : IsIn(parameter) ? "in " : "ref ";
        string value = parameter.HasDefaultValue ? $" = {Default(parameter)}" : "";
        return $"{direction}{Typed(parameter)} {parameter.Name}{value}";
    }

    private static bool IsIn(ParameterInfo parameter) => parameter.IsDefined(typeof(IsReadOnlyAttribute), false);

    private static string Typed(ParameterInfo parameter) => TypeName(parameter.ParameterType, new NullabilityInfoContext().Create(parameter));

    private static string Default(ParameterInfo parameter)
    {
        Type type = parameter.ParameterType;
        object? value = type.IsEnum ? parameter.DefaultValue : parameter.RawDefaultValue;
        return value is null && type.IsValueType && Nullable.GetUnderlyingType(type) is null ? "default" : Literal(value);
    }

    private static string Literal(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Constraints(Type[] arguments)
    {
        IEnumerable<string> clauses = arguments.Where(static a => a.IsGenericParameter).Select(static a =>
        {
            GenericParameterAttributes flags = a.GenericParameterAttributes;
            bool isStruct = flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
            IEnumerable<string> parts = (isStruct ? new[] { "struct" } : flags.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint) ? ["class"] : [])
                .Concat(a.GetGenericParameterConstraints().Where(static c => c != typeof(ValueType)).Select(static c => TypeName(c)))
                .Concat(!isStruct && flags.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) ? ["new()"] : []);
            string all = string.Join(", ", parts);
            return all.Length == 0 ? "" : $" where {a.Name} : {all}";
        });
        return string.Concat(clauses);
    }

    private static string Bare(Type type) => type.Name.Split('`')[0];

    private static string FullName(Type type) => $"{type.Namespace}.{TypeName(type)}";

    private static string TypeName(Type type, NullabilityInfo? nullability = null)
    {
        string mark = nullability?.ReadState == NullabilityState.Nullable && !type.IsValueType ? "?" : "";
        if (type.IsByRef)
        {
            return TypeName(type.GetElementType()!, nullability);
        }

        if (type.IsGenericParameter)
        {
            // Of an unconstrained T the runtime cannot tell T from T?.
            return type.Name;
        }

        if (type.IsArray)
        {
            return $"{TypeName(type.GetElementType()!, nullability?.ElementType)}[]{mark}";
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return $"{TypeName(underlying)}?";
        }

        if (Keywords.TryGetValue(type, out string? keyword))
        {
            return keyword + mark;
        }

        return Qualified(type, nullability) + mark;
    }

    private static string Qualified(Type type, NullabilityInfo? nullability)
    {
        Type[] arguments = type.GetGenericArguments();
        int outer = type.DeclaringType?.GetGenericArguments().Length ?? 0;
        string prefix = type.DeclaringType is { } declaring
            ? declaring.IsGenericTypeDefinition
                ? $"{TypeName(type.IsGenericTypeDefinition ? declaring : declaring.MakeGenericType(arguments[..outer]))}."
                : $"{TypeName(declaring)}."
            : "";
        IEnumerable<string> own = arguments.Skip(outer).Select((argument, i) =>
            TypeName(argument, nullability?.GenericTypeArguments.ElementAtOrDefault(outer + i)));
        string list = string.Join(", ", own);
        return prefix + Bare(type) + (list.Length > 0 ? $"<{list}>" : "");
    }
}
