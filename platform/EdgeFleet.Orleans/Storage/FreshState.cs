using System.Runtime.CompilerServices;

namespace Orleans.Storage;

/// <summary>A state of which nothing is stored yet.</summary>
internal static class FreshState
{
    /// <summary>What the parameterless constructor makes; without one, an object with nothing set.</summary>
    public static T Of<T>() => Maker<T>.Make();

    private static class Maker<T>
    {
        public static readonly Func<T> Make = Choose();

        private static Func<T> Choose()
        {
            if (typeof(T).IsValueType || typeof(T).GetConstructor(Type.EmptyTypes) is not null)
            {
                return Activator.CreateInstance<T>;
            }

            return typeof(T).IsAbstract || typeof(T).IsArray || typeof(T) == typeof(string)
                ? static () => default!
                : static () => (T)RuntimeHelpers.GetUninitializedObject(typeof(T));
        }
    }
}
