using EdgeFleet.Compression.Calibration;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>
/// Everything that decides the bytes of a variant: the same model, samples and recipe give the same bytes. Immutable; what does not
/// concern the kind is ignored.
/// </summary>
/// <param name="Kind">The form.</param>
public sealed record CompressionRecipe(CompressionKind Kind)
{
    /// <summary>How ranges of activations are chosen. Static int8 kinds only.</summary>
    public CalibrationMethod Calibration { get; init; } = CalibrationMethod.MinMax;

    /// <summary>How weights of <see cref="CompressionKind.Weights4"/> and <see cref="CompressionKind.Weights8"/> are rounded.</summary>
    public WeightRounding Rounding { get; init; } = WeightRounding.Nearest;

    /// <summary>Weights that share a scale in the weight-only kinds: a power of two in 16..256.</summary>
    public int BlockSize { get; init; } = 32;

    /// <summary>One scale for all weights of a layer in place of one per output channel: smaller, often less accurate. int8 kinds only.</summary>
    public bool PerTensorWeights { get; init; }

    /// <summary>Cross-layer equalization before quantization. Static int8 kinds only.</summary>
    public bool Equalize { get; init; }

    /// <summary>SmoothQuant: scales moved from activations to weights before quantization. int8 kinds only.</summary>
    public bool Smooth { get; init; }

    /// <summary>Weights rounded by AdaRound rather than to the nearest. Static int8 kinds only.</summary>
    public bool AdaRound { get; init; }

    /// <summary>Biases corrected by the mean error that quantization makes on the calibration samples. Static int8 kinds only.</summary>
    public bool CorrectBias { get; init; }

    /// <summary>
    /// The input's shift (x - mean) becomes part of the first convolution even where that pads, so that its padding stands for 0 in
    /// place of the mean: answers change a little at the borders, and a pass over the input is spared. Every kind.
    /// </summary>
    public bool FoldInputShift { get; init; }

    /// <summary>
    /// Outputs of Conv, Gemm, MatMul, LSTM and GRU nodes (as named in the prepared model) that stay float: layers where integers cost
    /// accuracy, or time.
    /// </summary>
    public IReadOnlyList<string> KeepFloat { get; init; } = [];

    /// <summary>
    /// Outputs of Conv, Gemm and MatMul nodes (as named in the prepared model) whose input and output take 16 bits rather than 8, with
    /// weights in 8: an alternative to keeping a layer float for processors that have it. A layer in both lists stays float. Static
    /// int8 kinds only.
    /// </summary>
    public IReadOnlyList<string> WideActivations { get; init; } = [];

    /// <summary>Inner values and nodes get short names, which makes small models smaller. Inputs and outputs keep theirs.</summary>
    public bool ShortNames { get; init; } = true;

    /// <summary>The recipe in a few words: the form, then what differs from its usual settings.</summary>
    public override string ToString()
    {
        var words = new List<string> { CompressionKinds.NameOf(Kind) };
        void Add(bool differs, string word)
        {
            if (differs)
            {
                words.Add(word);
            }
        }

        Add(Calibration != CalibrationMethod.MinMax, Calibration.ToString().ToLowerInvariant());
        Add(Rounding != WeightRounding.Nearest, Rounding.ToString().ToLowerInvariant());
        Add(BlockSize != 32, $"block {BlockSize}");
        Add(PerTensorWeights, "per tensor");
        Add(Equalize, "equalized");
        Add(Smooth, "smoothed");
        Add(AdaRound, "adaround");
        Add(CorrectBias, "bias corrected");
        Add(FoldInputShift, "input shift folded");
        Add(KeepFloat.Count > 0, KeepFloat.Count == 1 ? "1 layer float" : $"{KeepFloat.Count} layers float");
        Add(WideActivations.Count > 0, WideActivations.Count == 1 ? "1 layer in 16 bits" : $"{WideActivations.Count} layers in 16 bits");
        Add(!ShortNames, "long names");
        return string.Join(", ", words);
    }
}

/// <summary>How weights are rounded to 4 or 8 bits.</summary>
public enum WeightRounding
{
    /// <summary>Round to nearest.</summary>
    Nearest,

    /// <summary>Half-quadratic quantization: scales and zero points that minimise a robust norm of the weight error; needs no data.</summary>
    Hqq,

    /// <summary>GPTQ: each column's error is made up for by the later ones, weighed by the inputs' second moments; needs calibration samples.</summary>
    Gptq,
}
