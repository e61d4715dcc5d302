using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orleans.Runtime.Copying;

/// <summary>Copies objects of one class.</summary>
internal abstract class ObjectCopier
{
    /// <summary>Whether objects of this class are passed on as they are.</summary>
    public virtual bool IsIdentity => false;

    public static ObjectCopier For(Type type)
    {
        if (Immutability.IsProven(type) || typeof(IAddressable).IsAssignableFrom(type) || typeof(Exception).IsAssignableFrom(type)
            || type.FullName == "System.RuntimeType" || typeof(IEqualityComparer<string>).IsAssignableFrom(type) || type == typeof(JsonElement))
        {
            return new Identity();
        }

        if (type.IsArray)
        {
            return Make(typeof(ArrayCopier<>), type.GetElementType()!, type);
        }

        if (type.IsGenericType)
        {
            var definition = type.GetGenericTypeDefinition();
            var arguments = type.GetGenericArguments();
            if (definition == typeof(List<>))
            {
                return Make(typeof(ListCopier<>), arguments[0], type);
            }

            if (definition == typeof(HashSet<>))
            {
                return Make(typeof(HashSetCopier<>), arguments[0], type);
            }

            if (definition == typeof(Dictionary<,>))
            {
                return (ObjectCopier)Activator.CreateInstance(typeof(DictionaryCopier<,>).MakeGenericType(arguments))!;
            }
        }

        if (typeof(JsonNode).IsAssignableFrom(type))
        {
            return new JsonNodeCopier();
        }

        return NotCopyable(type) is { } why
            ? throw new NotSupportedException($"{type} cannot be an argument or result of a grain: {why}.")
            : new FieldwiseCopier(type);
    }

    public abstract object Copy(object original, CopyContext context);

    private static ObjectCopier Make(Type copier, Type argument, Type type) =>
        type.IsArray && type.GetArrayRank() > 1
            ? new MultiArrayCopier()
            : (ObjectCopier)Activator.CreateInstance(copier.MakeGenericType(argument), BindingFlags.Public | BindingFlags.Instance, null, null, null)!;

    private static string? NotCopyable(Type type) =>
        typeof(Delegate).IsAssignableFrom(type) ? "it is code" :
        typeof(Stream).IsAssignableFrom(type) ? "it is a stream; pass bytes" :
        typeof(Task).IsAssignableFrom(type) || type == typeof(CancellationTokenSource) ? "it belongs to the present process" :
        typeof(System.Runtime.InteropServices.SafeHandle).IsAssignableFrom(type) ? "it is a handle" :
        typeof(Thread).IsAssignableFrom(type) ? "it is a thread" : null;

    private sealed class Identity : ObjectCopier
    {
        public override bool IsIdentity => true;

        public override object Copy(object original, CopyContext context) => original;
    }

    private sealed class JsonNodeCopier : ObjectCopier
    {
        public override object Copy(object original, CopyContext context) => ((JsonNode)original).DeepClone();
    }

    /// <summary>Element by element, through boxes: rare.</summary>
    private sealed class MultiArrayCopier : ObjectCopier
    {
        public override object Copy(object original, CopyContext context)
        {
            var copy = (Array)((Array)original).Clone();
            context.Remember(original, copy);
            if (Immutability.IsProven(original.GetType().GetElementType()!))
            {
                return copy;
            }

            var indices = new int[copy.Rank];
            for (long i = 0; i < copy.LongLength; i++)
            {
                var rest = i;
                for (var d = copy.Rank - 1; d >= 0; d--)
                {
                    indices[d] = copy.GetLowerBound(d) + (int)(rest % copy.GetLength(d));
                    rest /= copy.GetLength(d);
                }

                if (copy.GetValue(indices) is { } element)
                {
                    copy.SetValue(context.CopyObject(element), indices);
                }
            }

            return copy;
        }
    }
}
