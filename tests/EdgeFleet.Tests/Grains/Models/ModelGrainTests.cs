using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.GrainContracts;

namespace EdgeFleet.Tests.Grains.Models;

public sealed class ModelGrainTests
{
    [Fact]
    public async Task The_same_bytes_again_change_nothing_and_other_bytes_are_refused()
    {
        await using var fleet = await TestFleet.StartAsync();
        var manifest = await fleet.PublishAsync("m:1");
        var model = fleet.Grains.GetGrain<IModelGrain>("m:1");

        await model.Publish(manifest with { UploadedAt = Some.At.AddDays(1) });
        (await model.GetManifest())!.UploadedAt.ShouldBe(Some.At);
        (await model.Publish(manifest with { Artifact = Some.Artifact("other") }).ShouldThrowAsync<InvalidOperationException>()).Message
            .ShouldContain("a version never changes, upload it as a new one");
        await model.Publish(manifest with { Calibration = Some.Artifact("other") }).ShouldThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task What_was_never_uploaded_is_null_and_gives_no_variant()
    {
        await using var fleet = await TestFleet.StartAsync();
        var model = fleet.Grains.GetGrain<IModelGrain>("none:1");

        (await model.GetManifest()).ShouldBeNull();
        (await model.Describe()).ShouldBeNull();
        (await model.EnsureVariant(CompressionProfile.Fp32).ShouldThrowAsync<InvalidOperationException>()).Message.ShouldBe("There is no model none:1: upload it first.");
        await model.Select(Some.Device(), []).ShouldThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task A_model_and_what_was_asked_of_it_survive_the_silo()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.PublishAsync("m:1");
        await fleet.Grains.GetGrain<IModelGrain>("m:1").EnsureVariant(CompressionProfile.Fp32);

        await fleet.KillAndRestartAsync();
        var view = (await fleet.Grains.GetGrain<IModelGrain>("m:1").Describe())!;

        view.Manifest.Model.ShouldBe(ModelId.Parse("m:1"));
        view.Variants.ShouldHaveSingleItem().Profile.ShouldBe(CompressionProfile.Fp32);
    }

    [Theory]
    [InlineData("fp32", false)]
    [InlineData("int8", true)]
    public void A_variant_key_changes_with_all_that_decides_the_bytes(string profile, bool calibrated)
    {
        var manifest = Some.Model(calibrated: calibrated);
        var key = VariantKey.Of(manifest, CompressionProfile.Parse(profile));

        VariantKey.ProfileOf(key).Value.ShouldBe(profile);
        VariantKey.Of(manifest with { Model = ModelId.Parse("twin:9"), UploadedAt = Some.At.AddDays(1) }, CompressionProfile.Parse(profile)).ShouldBe(key);
        VariantKey.Of(manifest with { Artifact = Some.Artifact("x") }, CompressionProfile.Parse(profile)).ShouldNotBe(key);
        VariantKey.Of(manifest with { Calibration = Some.Artifact("x") }, CompressionProfile.Parse(profile)).ShouldNotBe(key);
        if (calibrated)
        {
            VariantKey.Of(manifest with { Input = new InputScaling(128f) }, CompressionProfile.Parse(profile)).ShouldNotBe(key);
            VariantKey.Of(manifest with { Labels = Some.Artifact("x") }, CompressionProfile.Parse(profile)).ShouldNotBe(key);
        }

        Should.Throw<FormatException>(() => VariantKey.ProfileOf("no key"));
    }
}
