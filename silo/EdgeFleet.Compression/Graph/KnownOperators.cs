namespace EdgeFleet.Compression.Graph;

/// <summary>Operators of the standard domains, by name. What is known of those that the passes touch: <see cref="OperatorSpecs"/>.</summary>
internal static class KnownOperators
{
    /// <summary>Oldest and newest ai.onnx operator set that the engine reads.</summary>
    public const int OldestOpset = 7, NewestOpset = 23;

    private static readonly HashSet<string> s_standard =
    [
        .. ("Abs Acos Acosh Add AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool BatchNormalization Bernoulli BitShift "
        + "BitwiseAnd BitwiseNot BitwiseOr BitwiseXor BlackmanWindow Cast CastLike Ceil Celu CenterCropPad Clip Col2Im Compress Concat "
        + "ConcatFromSequence Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumSum DFT DeformConv DepthToSpace "
        + "DequantizeLinear Det Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU Gather "
        + "GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample "
        + "GroupNormalization HammingWindow HannWindow HardSigmoid HardSwish Hardmax Identity If ImageDecoder InstanceNormalization IsInf "
        + "IsNaN LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax Loop LpNormalization LpPool MatMul MatMulInteger Max "
        + "MaxPool MaxRoiPool MaxUnpool Mean MeanVarianceNormalization MelWeightMatrix Min Mish Mod Mul Multinomial Neg "
        + "NegativeLogLikelihoodLoss NonMaxSuppression NonZero Not OneHot Optional OptionalGetElement OptionalHasElement Or PRelu Pad Pow "
        + "QLinearConv QLinearMatMul QuantizeLinear RMSNormalization RNN RandomNormal RandomNormalLike RandomUniform RandomUniformLike Range "
        + "Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare "
        + "RegexFullMatch Relu Reshape Resize ReverseSequence RoiAlign RotaryEmbedding Round STFT Scan Scatter ScatterElements ScatterND Selu "
        + "SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength SequenceMap Shape Shrink Sigmoid Sign Sin "
        + "Sinh Size Slice Softmax SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth Split SplitToSequence Sqrt Squeeze StringConcat "
        + "StringNormalizer StringSplit Sub Sum Tan Tanh TensorScatter TfIdfVectorizer ThresholdedRelu Tile TopK Transpose Trilu Unique "
        + "Unsqueeze Upsample Where Xor").Split(' '),
    ];

    private static readonly HashSet<string> s_machineLearning =
    [
        .. ("ArrayFeatureExtractor Binarizer CastMap CategoryMapper DictVectorizer FeatureVectorizer Imputer LabelEncoder LinearClassifier "
        + "LinearRegressor Normalizer OneHotEncoder SVMClassifier SVMRegressor Scaler TreeEnsemble TreeEnsembleClassifier "
        + "TreeEnsembleRegressor ZipMap").Split(' '),
    ];

    /// <summary>Domains whose operators may occur.</summary>
    public static bool IsKnownDomain(string domain) => domain is "" or "ai.onnx.ml" or "com.microsoft";

    /// <summary>False for a name that a standard domain does not have. The runtime's own domain is open.</summary>
    public static bool IsKnown(string domain, string type) => domain switch
    {
        "" => s_standard.Contains(type),
        "ai.onnx.ml" => s_machineLearning.Contains(type),
        _ => IsKnownDomain(domain),
    };
}
