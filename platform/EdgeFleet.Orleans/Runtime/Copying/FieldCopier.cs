using System.Reflection;
using System.Reflection.Emit;

namespace Orleans.Runtime.Copying;

/// <summary>Compiles copying field by field: a shallow clone first, then each field that can change is replaced by its copy.</summary>
internal static class FieldCopier
{
    private static readonly MethodInfo Part = typeof(DeepCopy).GetMethod(nameof(DeepCopy.CopyPart), BindingFlags.NonPublic | BindingFlags.Static)!;

    /// <summary>Replaces the fields of a clone in place.</summary>
    public delegate void Replace(object clone, CopyContext context);

    public static Replace CompileClass(Type type)
    {
        var method = new DynamicMethod($"Copy_{type.Name}", typeof(void), [typeof(object), typeof(CopyContext)], typeof(FieldCopier).Module, skipVisibility: true);
        var il = method.GetILGenerator();
        foreach (var field in Changing(type))
        {
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(field.DeclaringType!.IsValueType ? OpCodes.Unbox : OpCodes.Castclass, field.DeclaringType!);
            il.Emit(OpCodes.Dup);
            il.Emit(OpCodes.Ldfld, field);
            EmitPart(il, field);
        }

        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Replace>();
    }

    public static Func<T, CopyContext, T> CompileStruct<T>()
    {
        var method = new DynamicMethod($"Copy_{typeof(T).Name}", typeof(T), [typeof(T), typeof(CopyContext)], typeof(FieldCopier).Module, skipVisibility: true);
        var il = method.GetILGenerator();
        foreach (var field in Changing(typeof(T)))
        {
            il.Emit(OpCodes.Ldarga_S, (byte)0);
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldfld, field);
            EmitPart(il, field);
        }

        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Func<T, CopyContext, T>>();
    }

    private static void EmitPart(ILGenerator il, FieldInfo field)
    {
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Call, Part.MakeGenericMethod(field.FieldType));
        il.Emit(OpCodes.Stfld, field);
    }

    private static IEnumerable<FieldInfo> Changing(Type type) =>
        Immutability.FieldsOf(type).Where(f => !Immutability.IsProven(f.FieldType) && !f.IsDefined(typeof(ImmutableAttribute)));
}

internal sealed class FieldwiseCopier(Type type) : ObjectCopier
{
    private static readonly Func<object, object> Clone =
        typeof(object).GetMethod("MemberwiseClone", BindingFlags.NonPublic | BindingFlags.Instance)!.CreateDelegate<Func<object, object>>();

    private readonly FieldCopier.Replace _replace = FieldCopier.CompileClass(type);

    public override object Copy(object original, CopyContext context)
    {
        var copy = Clone(original);
        context.Remember(original, copy);
        _replace(copy, context);
        return copy;
    }
}
