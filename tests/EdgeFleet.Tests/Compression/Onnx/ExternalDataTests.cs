using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Compression.Onnx;

public sealed class ExternalDataTests
{
    [Theory]
    [InlineData("../secret.bin")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../secret.bin")]
    [InlineData("..\\secret.bin")]
    [InlineData("C:\\secret.bin")]
    public void Data_outside_the_folder_is_refused_with_tensor_and_file(string location)
    {
        var problem = ModelInspector.Inspect(With(location).ToArray(), new ExternalDataFolder(Path.GetTempPath())).Problems.ShouldHaveSingleItem();
        problem.Kind.ShouldBe("external");
        problem.Subject.ShouldBe("w");
        problem.Message.ShouldContain(location);
    }

    [Fact]
    public void A_link_that_leads_out_of_the_folder_is_not_followed()
    {
        using var outside = new TempFolder();
        using var folder = new TempFolder();
        File.WriteAllBytes(Path.Combine(outside.Path, "secret.bin"), new byte[16]);
        File.CreateSymbolicLink(Path.Combine(folder.Path, "w.bin"), Path.Combine(outside.Path, "secret.bin"));
        ModelInspector.Inspect(With("w.bin").ToArray(), new ExternalDataFolder(folder.Path)).IsAcceptable.ShouldBeFalse();
    }

    [Fact]
    public void A_missing_or_short_file_is_named()
    {
        var files = new ExternalDataFiles(new Dictionary<string, ReadOnlyMemory<byte>> { ["w.bin"] = new byte[15] });
        ModelInspector.Inspect(With("w.bin").ToArray(), files).Problems.ShouldHaveSingleItem().Message.ShouldContain("w.bin");
        ModelInspector.Inspect(With("w.bin").ToArray()).Problems.ShouldHaveSingleItem().Message.ShouldContain("did not come along");
    }

    [Fact]
    public void Data_inside_is_folded_in()
    {
        var files = new ExternalDataFiles(new Dictionary<string, ReadOnlyMemory<byte>> { ["w.bin"] = new byte[16] });
        var folded = OnnxModel.Read(ModelInspector.FoldExternalData(With("w.bin").ToArray(), files));
        folded.Graph.Initializers[0].RawData!.Value.Length.ShouldBe(16);
        folded.Graph.Initializers[0].IsExternal.ShouldBeFalse();
    }

    private static OnnxModel With(string location)
    {
        var tensor = new OnnxTensor { Name = "w", ElementType = OnnxElementType.Float, Dimensions = [4], DataLocation = 1 };
        tensor.ExternalData.Add(new OnnxEntry { Key = "location", Value = location });
        return TestModels.Model([TestModels.Node("Add", ["x", "w"], "y")], [tensor], [1, 4]);
    }
}
