using EdgeFleet.OnnxRuntime;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Platform.OnnxRuntime;

public sealed class OrtProvidersTests
{
    [Fact]
    public void A_provider_counts_as_usable_exactly_when_a_session_can_be_made_with_it()
    {
        OrtRuntime.UsableProviders[^1].ShouldBe("CPUExecutionProvider");

        OrtRuntime.UsableProviders.ShouldBe(OrtRuntime.AvailableProviders.Where(SessionCanBeMade));
    }

    private static bool SessionCanBeMade(string provider)
    {
        var options = new OrtSessionOptions();
        options.AppendExecutionProvider(provider, required: true);
        try
        {
            using var session = OrtSession.FromFile(RepositoryRoot.TestModel("lenet-mnist.onnx"), options);
            return session.ExecutionProviders.Contains(provider);
        }
        catch (OrtException)
        {
            return false;
        }
    }
}
