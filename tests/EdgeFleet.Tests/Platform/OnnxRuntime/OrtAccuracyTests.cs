using EdgeFleet.OnnxRuntime;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Platform.OnnxRuntime;

public sealed class OrtAccuracyTests
{
    [Fact]
    public void Resnet20_gets_the_known_number_of_the_first_2000_fashion_test_images_right()
    {
        // All 10,000 take 20 s on a busy machine; the benchmark `ort` runs them: 9,241 right.
        const int Images = 2000;
        const int Batch = 100;
        var images = IdxFile.Read(RepositoryRoot.DemoFile("fashion-test-images-idx3-ubyte.gz"));
        var labels = IdxFile.Read(RepositoryRoot.DemoFile("fashion-test-labels-idx1-ubyte.gz")).Data;
        using var session = OrtSession.FromFile(RepositoryRoot.DemoFile("resnet20-fashion.onnx"), new OrtSessionOptions { IntraOpThreads = 1 });
        var input = new float[Batch * 784];
        var logits = new float[Batch * 10];
        using var given = OrtValue.Over(input.AsMemory(), [Batch, 1, 28, 28]);
        using var result = OrtValue.Over(logits.AsMemory(), [Batch, 10]);

        var correct = 0;
        for (var first = 0; first < Images; first += Batch)
        {
            for (var i = 0; i < input.Length; i++)
            {
                input[i] = images.Data[(first * 784) + i] / 255f;
            }

            session.Run([given], [result]);
            for (var i = 0; i < Batch; i++)
            {
                var scores = logits.AsSpan(i * 10, 10);
                correct += scores.IndexOf(System.Numerics.Tensors.TensorPrimitives.Max(scores)) == labels[first + i] ? 1 : 0;
            }
        }

        correct.ShouldBe(1856);
    }
}
