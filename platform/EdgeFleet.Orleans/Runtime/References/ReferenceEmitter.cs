using System.Linq.Expressions;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Orleans.Runtime.Calls;
using Orleans.Runtime.Copying;

namespace Orleans.Runtime.References;

/// <summary>Generates, per grain interface, a class of references, and per method a class of calls. No reflection happens per call.</summary>
/// <remarks>
/// For <c>Task&lt;R&gt; M(A a, CancellationToken t)</c> it generates what in C# would read:
/// <code>
/// sealed class M_Call : TaskCall&lt;R&gt; { public A a; protected override Task&lt;R&gt; Invoke(object grain) => ((I)grain).M(a, MethodToken); }
/// Task&lt;R&gt; I.M(A a, CancellationToken t) => SendTask&lt;R&gt;(new M_Call { a = DeepCopy.Copy(a), CallerToken = t }, index);
/// </code>
/// </remarks>
internal static class ReferenceEmitter
{
    private static readonly MethodInfo Copy = typeof(DeepCopy).GetMethod(nameof(DeepCopy.Copy))!;
    private static readonly MethodInfo SetCallerToken = typeof(GrainCall).GetProperty(nameof(GrainCall.CallerToken))!.SetMethod!;
    private static readonly MethodInfo GetMethodToken = typeof(GrainCall).GetProperty(nameof(GrainCall.MethodToken))!.GetMethod!;

    private static readonly ConstructorInfo ReferenceConstructor = typeof(GrainReference).GetConstructor(
        BindingFlags.NonPublic | BindingFlags.Instance, [typeof(ReferenceOrigin), typeof(GrainId)])!;

    public static Func<ReferenceOrigin, GrainId, GrainReference> Emit(Type type, IReadOnlyList<MethodInfo> methods)
    {
        var assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName($"References.{type.Name}"), AssemblyBuilderAccess.Run);
        OpenDoors(assembly, type, methods);
        var module = assembly.DefineDynamicModule("References");

        var reference = module.DefineType($"{type.Name}_Reference", TypeAttributes.Public | TypeAttributes.Sealed, typeof(GrainReference), [type]);
        DefineConstructor(reference);
        for (var i = 0; i < methods.Count; i++)
        {
            DefineMethod(module, reference, type, methods[i], i);
        }

        var constructor = reference.CreateType().GetConstructors().Single();
        var origin = Expression.Parameter(typeof(ReferenceOrigin));
        var id = Expression.Parameter(typeof(GrainId));
        return Expression.Lambda<Func<ReferenceOrigin, GrainId, GrainReference>>(Expression.New(constructor, origin, id), origin, id).Compile();
    }

    private static void DefineConstructor(TypeBuilder reference)
    {
        var il = reference.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, [typeof(ReferenceOrigin), typeof(GrainId)]).GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ldarg_2);
        il.Emit(OpCodes.Call, ReferenceConstructor);
        il.Emit(OpCodes.Ret);
    }

    private static void DefineMethod(ModuleBuilder module, TypeBuilder reference, Type type, MethodInfo method, int index)
    {
        var parameters = method.GetParameters();
        var (call, fields) = DefineCall(module, type, method, index);
        var body = reference.DefineMethod(
            $"{method.DeclaringType!.FullName}.{method.Name}.{index}",
            MethodAttributes.Private | MethodAttributes.Final | MethodAttributes.Virtual | MethodAttributes.HideBySig | MethodAttributes.NewSlot,
            method.ReturnType,
            [.. parameters.Select(p => p.ParameterType)]);
        reference.DefineMethodOverride(body, method);

        var il = body.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Newobj, call);
        for (var i = 0; i < parameters.Length; i++)
        {
            il.Emit(OpCodes.Dup);
            il.Emit(OpCodes.Ldarg, (short)(i + 1));
            if (fields[i] is not { } field)
            {
                il.Emit(OpCodes.Call, SetCallerToken);
                continue;
            }

            if (!Immutability.IsProven(field.FieldType) && !parameters[i].IsDefined(typeof(ImmutableAttribute)))
            {
                il.Emit(OpCodes.Call, Copy.MakeGenericMethod(field.FieldType));
            }

            il.Emit(OpCodes.Stfld, field);
        }

        il.Emit(OpCodes.Ldc_I4, index);
        il.Emit(OpCodes.Call, Sender(method.ReturnType));
        il.Emit(OpCodes.Ret);
    }

    private static (ConstructorInfo Constructor, FieldInfo?[] Fields) DefineCall(ModuleBuilder module, Type type, MethodInfo method, int index)
    {
        var parent = Parent(method.ReturnType);
        var call = module.DefineType($"{type.Name}_{method.Name}_{index}_Call", TypeAttributes.Public | TypeAttributes.Sealed, parent);
        var parameters = method.GetParameters();
        var fields = new FieldBuilder?[parameters.Length];
        for (var i = 0; i < parameters.Length; i++)
        {
            fields[i] = parameters[i].ParameterType == typeof(CancellationToken)
                ? null
                : call.DefineField(parameters[i].Name ?? $"a{i}", parameters[i].ParameterType, FieldAttributes.Public);
        }

        var abstractInvoke = parent.GetMethod("Invoke", BindingFlags.NonPublic | BindingFlags.Instance)!;
        var invoke = call.DefineMethod(
            "Invoke", MethodAttributes.Family | MethodAttributes.Virtual | MethodAttributes.HideBySig, method.ReturnType, [typeof(object)]);
        call.DefineMethodOverride(invoke, abstractInvoke);
        var il = invoke.GetILGenerator();
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Castclass, method.DeclaringType!);
        foreach (var field in fields)
        {
            il.Emit(OpCodes.Ldarg_0);
            if (field is null)
            {
                il.Emit(OpCodes.Call, GetMethodToken);
            }
            else
            {
                il.Emit(OpCodes.Ldfld, field);
            }
        }

        il.Emit(OpCodes.Callvirt, method);
        il.Emit(OpCodes.Ret);

        var constructor = call.DefineDefaultConstructor(MethodAttributes.Public);
        call.CreateType();
        return (constructor, fields);
    }

    private static Type Parent(Type returns) =>
        returns == typeof(void) ? typeof(VoidCall) :
        returns == typeof(Task) ? typeof(TaskCall) :
        returns == typeof(ValueTask) ? typeof(ValueTaskCall) :
        (returns.GetGenericTypeDefinition() == typeof(Task<>) ? typeof(TaskCall<>) : typeof(ValueTaskCall<>)).MakeGenericType(returns.GetGenericArguments());

    private static MethodInfo Sender(Type returns)
    {
        var name =
            returns == typeof(void) ? nameof(GrainReference.SendVoid) :
            returns == typeof(Task) || (returns.IsGenericType && returns.GetGenericTypeDefinition() == typeof(Task<>)) ? nameof(GrainReference.SendTask) :
            nameof(GrainReference.SendValueTask);
        var sender = typeof(GrainReference).GetMethods(BindingFlags.NonPublic | BindingFlags.Instance)
            .Single(m => m.Name == name && m.IsGenericMethodDefinition == returns.IsGenericType);
        return returns.IsGenericType ? sender.MakeGenericMethod(returns.GetGenericArguments()) : sender;
    }

    /// <summary>Grain interfaces and the types in them may be internal: the generated assembly may see into the assemblies that they come from, and into this one.</summary>
    private static void OpenDoors(AssemblyBuilder assembly, Type type, IReadOnlyList<MethodInfo> methods)
    {
        var constructor = typeof(IgnoresAccessChecksToAttribute).GetConstructor([typeof(string)])!;
        var names = new HashSet<string> { typeof(ReferenceEmitter).Assembly.GetName().Name! };
        AddNames(type, names);
        foreach (var method in methods)
        {
            AddNames(method.DeclaringType!, names);
            AddNames(method.ReturnType, names);
            foreach (var parameter in method.GetParameters())
            {
                AddNames(parameter.ParameterType, names);
            }
        }

        foreach (var name in names)
        {
            assembly.SetCustomAttribute(new CustomAttributeBuilder(constructor, [name]));
        }
    }

    private static void AddNames(Type type, HashSet<string> names)
    {
        names.Add(type.Assembly.GetName().Name!);
        if (type.HasElementType)
        {
            AddNames(type.GetElementType()!, names);
        }

        foreach (var argument in type.GetGenericArguments())
        {
            AddNames(argument, names);
        }
    }
}
