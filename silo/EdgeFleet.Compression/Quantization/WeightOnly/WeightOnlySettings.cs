using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Quantization.WeightOnly;

/// <summary>How the weights of a model are stored.</summary>
/// <param name="Bits">4 or 8; weights that cannot be divided into blocks evenly take 8.</param>
/// <param name="BlockSize">Weights that share a scale, a power of two in 16..256. 8 bits take larger blocks where that saves bytes.</param>
/// <param name="KeepFloat">Outputs of nodes whose weights stay float.</param>
internal sealed record WeightOnlySettings(int Bits, int BlockSize, IReadOnlyCollection<string> KeepFloat)
{
    /// <summary>No zero per block: measured on trained models, zeros make the file larger and answers no better.</summary>
    public bool Symmetric { get; init; } = true;

    /// <summary>Where MatMulNBits may be used.</summary>
    public bool UseBlocked { get; init; } = true;

    /// <summary>
    /// Matrices from so many weights on take MatMulNBits however many rows of activations they meet. Unpacked when the model is loaded,
    /// matrices in 4 bits cost the runtime five times their float size until that is done (measured: 14.7 GB for 2.9), and their float size from then on.
    /// </summary>
    public long BlockedFrom { get; init; } = long.MaxValue;

    /// <exception cref="ArgumentOutOfRangeException">The block size is none that the runtime takes.</exception>
    public static WeightOnlySettings Of(CompressionRecipe recipe)
    {
        if (recipe.BlockSize is < 16 or > 256 || !int.IsPow2(recipe.BlockSize))
        {
            throw new ArgumentOutOfRangeException(nameof(recipe), recipe.BlockSize, "A block size is a power of two in 16..256.");
        }

        return new(recipe.Kind == CompressionKind.Weights4 ? 4 : 8, recipe.BlockSize, recipe.KeepFloat.ToHashSet());
    }
}
