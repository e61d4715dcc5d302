using EdgeFleet.OnnxRuntime;
using EdgeFleet.OnnxRuntime.Native;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Platform.OnnxRuntime;

public sealed class OrtLibrarySearchTests
{
    [Fact]
    public void The_search_goes_from_the_applications_folder_over_nugets_place_to_the_system()
    {
        var places = new OrtLibrarySearch(null, "/app", ["system-name"]).Places().ToArray();
        places[0].ShouldStartWith("/app/");
        places.ShouldContain(place => place.StartsWith("/app/runtimes/linux-", StringComparison.Ordinal) && place.Contains("/native/lib"));
        places[^1].ShouldBe("system-name");
    }

    [Fact]
    public void What_is_configured_is_tried_alone()
    {
        using var folder = new TempFolder();
        new OrtLibrarySearch("/some/lib.so", "/app", ["x"]).Places().ShouldBe(["/some/lib.so"]);
        new OrtLibrarySearch(folder.Path, "/app", ["x"]).Places().First().ShouldStartWith(folder.Path);
    }

    [Fact]
    public void A_missing_library_is_one_line_with_the_cure()
    {
        using var folder = new TempFolder();
        var search = new OrtLibrarySearch("", folder.Path, ["libnotthere-edgefleet.so"]);
        var thrown = Should.Throw<OrtLibraryNotFoundException>(() => OrtApi.Open(search));
        thrown.Message.ShouldContain("libonnxruntime");
        thrown.Message.ShouldContain(folder.Path);
        thrown.Message.ShouldContain("npm ci --ignore-scripts");
        thrown.Message.ShouldContain("EDGEFLEET_ORT_LIB");
        thrown.Message.ShouldNotContain("\n");
    }

    [Fact]
    public void A_setting_that_points_nowhere_is_named_and_not_papered_over()
    {
        var search = new OrtLibrarySearch("/nowhere/libonnxruntime.so.1", AppContext.BaseDirectory, OrtLibrarySearch.FileNames);
        Should.Throw<OrtLibraryNotFoundException>(() => OrtApi.Open(search)).Message.ShouldContain("EDGEFLEET_ORT_LIB is set to /nowhere/libonnxruntime.so.1");
    }

    [Fact]
    public void A_file_that_is_no_library_is_named()
    {
        using var folder = new TempFolder();
        var path = folder.File(OrtLibrarySearch.FileNames[0]);
        File.WriteAllText(path, "not a library");
        var thrown = Should.Throw<OrtLibraryNotFoundException>(() => OrtApi.Open(new OrtLibrarySearch(null, folder.Path, [])));
        thrown.Message.ShouldContain(path);
        thrown.Message.ShouldNotContain("\n");
    }

    [Fact]
    public void A_library_of_something_else_is_named()
    {
        var other = Directory.EnumerateFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "libSystem.Native.*").First();
        Should.Throw<OrtLibraryNotFoundException>(() => OrtApi.Open(new OrtLibrarySearch(other, "/app", [])))
            .Message.ShouldContain("is not ONNX Runtime");
    }

    [Fact]
    public void The_configured_library_serves()
    {
        var api = OrtApi.Open(new OrtLibrarySearch(OrtRuntime.LibraryPath, "/nowhere", []));
        api.Version.ShouldBe(OrtRuntime.Version);
    }
}
