using EdgeFleet.Agent.Inference;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Agent.Inference;

public sealed class ProverTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly Prover prover = new(TimeProvider.System);

    [Fact]
    public void A_variant_that_reproduces_its_golden_outputs_passes_and_another_does_not()
    {
        using var good = Load("good", [1, 0, 0, 1]);
        using var permuted = Load("permuted", [0, 1, 1, 0]);
        GoldenTensor[] inputs = [Golden.Tensor("input", [2, 2], 1, 2, 3, 4)];
        var golden = new GoldenSet(
            new Sha256Digest(new string('a', 64)), [new GoldenCase(inputs, good.RunTensors(inputs))], new Dictionary<string, double> { ["logits"] = 1e-5 });
        prover.CheckGolden(good, golden, CancellationToken.None).Passed.ShouldBeTrue();
        var verdict = prover.CheckGolden(permuted, golden, CancellationToken.None);
        verdict.Passed.ShouldBeFalse();
        verdict.MaxError.ShouldBe(1);
        prover.CheckGolden(good, golden with { Cases = [] }, CancellationToken.None).Passed.ShouldBeFalse();
        Should.Throw<OperationCanceledException>(() => prover.CheckGolden(good, golden, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Agreement_is_the_share_of_recent_inputs_with_the_same_answer()
    {
        using var incumbent = Load("incumbent", [1, 0, 0, 1]);
        using var candidate = Load("candidate", [1, 0, 0, 2]); // twice as fond of the second class
        Sample[] recent = [new(new byte[] { 9, 1 }, null), new(new byte[] { 1, 9 }, null), new(new byte[] { 9, 8 }, null), new(new byte[] { 9, 4 }, null)];
        var verdict = prover.Compare(candidate, incumbent, recent, CancellationToken.None);
        verdict.Agreement.ShouldBe(0.75);
        verdict.Compared.ShouldBe(4);
        verdict.CandidateP50Ms.ShouldBeGreaterThan(0);
        verdict.IncumbentP50Ms.ShouldBeGreaterThan(0);
        Should.Throw<ArgumentException>(() => prover.Compare(candidate, incumbent, [], CancellationToken.None));
    }

    public void Dispose() => folder.Dispose();

    private IServedVariant Load(string name, float[] weights)
    {
        var path = folder.File(name + ".onnx");
        File.WriteAllBytes(path, TinyOnnx.Linear(2, 2, weights));
        return new OrtVariantLoader().Load(path, new InputScaling());
    }
}
