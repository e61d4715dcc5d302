using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Recovery;

namespace EdgeFleet.Tests.Compression.Report;

/// <summary>Studies with figures made up, for the report's form.</summary>
internal static class ReportStudies
{
    public static CompressionStudy Usual { get; } = new(
        "resnet8-fashion-bn.onnx", new string('a', 64), 314_000, "x64-avx2", "Test processor, ONNX Runtime 1.30.0", "512 samples of images.gz", "at most 0.5 points lost, fastest", 7, 41.5,
        [
            Candidate("fp32", CompressionKind.Fp32, 312_000, 0.9335, 0.98, true, "0.98 of the time; int8-reduced takes 0.87"),
            Candidate("fp16", CompressionKind.Fp16, 160_000, 0.9335, 1.01, false, "slower than the original"),
            Candidate("int8-dynamic", CompressionKind.Int8Dynamic, 99_000, 0.9313, 6.15, false, "slower than the original"),
            Candidate("int8", CompressionKind.Int8, 104_400, 0.9159, 0.77, true, "loses 1.76 points, 0.5 are allowed"),
            Candidate("int8-reduced", CompressionKind.Int8Reduced, 104_400, 0.9332, 0.87, true, null),
            Candidate("int8-reduced, entropy", CompressionKind.Int8Reduced, 104_600, 0.9327, 0.88, false, "takes longer than the chosen one"),
            Candidate("weights4", CompressionKind.Weights4, 52_000, 0.5726, 1.4, true, "loses 36.09 points, 0.5 are allowed"),
            new StudyCandidate("int8-signed", new CompressionRecipe(CompressionKind.Int8Signed), null, null, false, "not made: the target has no dot products", [], 0),
        ],
        4, null, "int8-reduced is the fastest form that loses at most 0.5 points: 0.87 of the original's time at 33 % of its size, 0.03 points lost.",
        [new PassReport("fold-batch-normalization", 9, 40, 31), new PassReport("fold-pads", 0, 31, 31), new PassReport("fold-constants", 2, 31, 29) { Notes = ["one", "two"] }],
        [Layer("conv_0", 38.2, 41), Layer("conv_1", 21.5, 33), Layer("dense", 200, null)],
        new CalibrationFacts(CalibrationMethod.Percentile, 512, [
            new ValueCalibration("conv_0", -1.5f, 8, -1.5f, 6.5f, [.. Enumerable.Range(0, 128).Select(i => Math.Exp(-i / 8d) / 8)]),
            new ValueCalibration("empty", 0, 0, 0, 0, []),
        ]),
        new Dictionary<string, double> { ["logits"] = 0.031 });

    public static StudyCandidate Candidate(string name, CompressionKind kind, long bytes, double accuracy, double ratio, bool front, string? rejected) => new(
        name, new CompressionRecipe(kind), new string('b', 64), new QualityMeasurement(512, false, accuracy, 0.999, 0.1, accuracy, 0.9335, bytes, 314_000, 0.278 * ratio, 0.278, 0.97), front, rejected,
        [new PassReport("static-quantization", 31, 29, 90)], 3.25);

    private static LayerError Layer(string name, double db, double? alone) => new(name, name, "Conv", db, 0.999, 0.02, alone);
}
