namespace EdgeFleet.OnnxRuntime.Native;

/// <summary>Keeps the memory of bound values while a binding refers to it: ONNX Runtime itself does not know that it is pinned.</summary>
internal sealed class BoundValues : IDisposable
{
    public Row Inputs { get; } = new();

    public Row Outputs { get; } = new();

    public void Dispose()
    {
        Inputs.Clear();
        Outputs.Clear();
    }

    internal sealed class Row
    {
        private readonly Dictionary<string, OrtHandle> held = new(StringComparer.Ordinal);

        /// <summary>Holds <paramref name="value"/> under <paramref name="name"/>, and lets go of what was held under it.</summary>
        public void Keep(string name, OrtHandle? value)
        {
            var added = false;
            value?.DangerousAddRef(ref added);
            held.Remove(name, out var before);
            before?.DangerousRelease();
            if (value is not null)
            {
                held.Add(name, value);
            }
        }

        public void Clear()
        {
            foreach (var value in held.Values)
            {
                value.DangerousRelease();
            }

            held.Clear();
        }
    }
}
