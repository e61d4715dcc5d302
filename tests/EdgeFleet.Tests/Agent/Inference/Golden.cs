using System.Runtime.InteropServices;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Tests.Agent.Inference;

internal static class Golden
{
    public static GoldenTensor Tensor(string name, long[] dimensions, params float[] values) =>
        new(name, dimensions, MemoryMarshal.AsBytes<float>(values).ToArray());
}
