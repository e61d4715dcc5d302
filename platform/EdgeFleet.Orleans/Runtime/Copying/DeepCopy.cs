namespace Orleans.Runtime.Copying;

/// <summary>Copies arguments and results, so that caller and grain never share what can change.</summary>
internal static class DeepCopy
{
    /// <summary>The value itself when it cannot change; otherwise a copy with the same type and shape, in which equal references stay equal.</summary>
    /// <exception cref="NotSupportedException">It holds something that cannot be copied, such as a delegate or a stream.</exception>
    public static T Copy<T>(T value)
    {
        if (value is null || Of<T>.IsImmutable)
        {
            return value;
        }

        return Of<T>.Copier(value, new CopyContext());
    }

    /// <summary>A part of something that is being copied.</summary>
    internal static T CopyPart<T>(T value, CopyContext context)
    {
        if (value is null || Of<T>.IsImmutable)
        {
            return value;
        }

        return Of<T>.Copier(value, context);
    }

    private static class Of<T>
    {
        public static readonly bool IsImmutable = Immutability.IsProven(typeof(T));
        public static readonly Func<T, CopyContext, T> Copier = Make();

        private static Func<T, CopyContext, T> Make()
        {
            if (typeof(T).IsValueType)
            {
                return FieldCopier.CompileStruct<T>();
            }

            if (typeof(T).IsInterface && typeof(IAddressable).IsAssignableFrom(typeof(T)))
            {
                // A grain that passes itself on passes a reference.
                return static (value, _) => value is IGrainBase grain ? (T)grain.GrainContext.GrainReference.CastTo(typeof(T)) : value;
            }

            return static (value, context) => (T)context.CopyObject(value!);
        }
    }
}
