using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.GrainContracts;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Grains.Variants;

public sealed class VariantGrainTests
{
    private static readonly CompressionProfile Int8 = CompressionProfile.Int8;

    [Fact]
    public async Task A_thousand_requests_at_once_produce_once()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.PublishAsync("m:1");
        var gate = new TaskCompletionSource();
        fleet.Producer.Gate = gate.Task;
        var model = fleet.Grains.GetGrain<IModelGrain>("m:1");

        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => model.EnsureVariant(Int8)));
        gate.SetResult();
        await ReadyAsync(fleet, "m:1");

        answers.ShouldAllBe(a => a.Status == VariantStatus.Producing);
        fleet.Producer.Calls.ShouldBe([(ModelId.Parse("m:1"), Int8)]);
        (await model.EnsureVariant(Int8)).Status.ShouldBe(VariantStatus.Ready);
        fleet.Producer.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task While_it_is_produced_others_are_answered()
    {
        await using var fleet = await TestFleet.StartAsync();
        var manifest = await fleet.PublishAsync("m:1");
        var gate = new TaskCompletionSource();
        fleet.Producer.Gate = gate.Task;
        var variant = fleet.Grains.GetGrain<IVariantGrain>(VariantKey.Of(manifest, Int8));
        await variant.Ensure(manifest);

        var waiting = variant.WaitUntilEnded(TimeSpan.FromSeconds(20));
        (await variant.Describe()).Status.ShouldBe(VariantStatus.Producing);
        (await variant.Ensure(manifest)).Status.ShouldBe(VariantStatus.Producing);
        waiting.IsCompleted.ShouldBeFalse();
        gate.SetResult();

        (await waiting).Status.ShouldBe(VariantStatus.Ready);
    }

    [Fact]
    public async Task A_wait_ends_with_its_time()
    {
        await using var fleet = await TestFleet.StartAsync();
        var manifest = await fleet.PublishAsync("m:1");
        fleet.Producer.Gate = new TaskCompletionSource().Task;
        var variant = fleet.Grains.GetGrain<IVariantGrain>(VariantKey.Of(manifest, Int8));
        await variant.Ensure(manifest);

        var waiting = variant.WaitUntilEnded(TimeSpan.FromHours(1));
        await fleet.UntilAsync(() => Task.FromResult(waiting.IsCompleted), "the wait ends, after 20 s at most");

        (await waiting).Status.ShouldBe(VariantStatus.Producing);
    }

    [Fact]
    public async Task What_a_kill_interrupted_is_produced_again_without_being_asked_for()
    {
        await using var fleet = await TestFleet.StartAsync();
        var manifest = await fleet.PublishAsync("m:1");
        fleet.Producer.Gate = new TaskCompletionSource().Task;
        await fleet.Grains.GetGrain<IModelGrain>("m:1").EnsureVariant(Int8);
        await Eventually.True(() => fleet.Producer.Calls.Count == 1, "production begins");

        fleet.Producer.Gate = Task.CompletedTask;
        await fleet.KillAndRestartAsync();

        await Eventually.True(() => fleet.Projection.Models[manifest.Model].Variants.Any(v => v.Status == VariantStatus.Ready), "those who watch hear of the end");
        fleet.Producer.Calls.Count.ShouldBe(2);
        (await fleet.Grains.GetGrain<IFleetGrain>(IFleetGrain.Key).GetOpenWork()).Productions.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failed_production_is_tried_again_when_asked_for_again()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.PublishAsync("m:1");
        var model = fleet.Grains.GetGrain<IModelGrain>("m:1");
        fleet.Producer.Makes = (_, _) => throw new IOException("No space left on device");
        await model.EnsureVariant(Int8);
        await UntilAsync(fleet, "m:1", VariantStatus.Failed);
        (await model.Describe())!.Variants[0].Message.ShouldBe("No space left on device");

        fleet.Producer.Makes = ScriptedProducer.Ready;
        (await model.EnsureVariant(Int8)).Status.ShouldBe(VariantStatus.Producing);
        await ReadyAsync(fleet, "m:1");
    }

    [Fact]
    public async Task A_refused_one_stays_refused_and_is_no_candidate_any_more()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.PublishAsync("m:1");
        var model = fleet.Grains.GetGrain<IModelGrain>("m:1");
        fleet.Producer.Makes = (m, p) => ScriptedProducer.Not(m, p, VariantStatus.Refused);
        await model.EnsureVariant(CompressionProfile.Int8Reduced);
        await UntilAsync(fleet, "m:1", VariantStatus.Refused);

        (await model.EnsureVariant(CompressionProfile.Int8Reduced)).Status.ShouldBe(VariantStatus.Refused);
        fleet.Producer.Calls.Count.ShouldBe(1);
        (await model.Select(Some.Device(), [])).Reason.ShouldBe("fp32: AVX2 without VNNI; the quality floor excludes int8-reduced");
    }

    [Fact]
    public async Task A_producer_that_gives_no_bytes_has_failed()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.PublishAsync("m:1");
        fleet.Producer.Makes = (m, p) => ScriptedProducer.Ready(m, p) with { Golden = null };
        await fleet.Grains.GetGrain<IModelGrain>("m:1").EnsureVariant(Int8);

        await UntilAsync(fleet, "m:1", VariantStatus.Failed);
    }

    [Fact]
    public async Task Two_models_of_the_same_bytes_and_data_share_one_production_and_both_hear_of_it()
    {
        await using var fleet = await TestFleet.StartAsync();
        var first = await fleet.PublishAsync("m:1");
        var second = first with { Model = ModelId.Parse("twin:1") };
        await fleet.Grains.GetGrain<IModelGrain>("twin:1").Publish(second);
        var gate = new TaskCompletionSource();
        fleet.Producer.Gate = gate.Task;

        await fleet.Grains.GetGrain<IModelGrain>("m:1").EnsureVariant(Int8);
        await fleet.Grains.GetGrain<IModelGrain>("twin:1").EnsureVariant(Int8);
        gate.SetResult();
        await ReadyAsync(fleet, "m:1");
        await ReadyAsync(fleet, "twin:1");

        fleet.Producer.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_manifest_of_another_variant_is_refused()
    {
        await using var fleet = await TestFleet.StartAsync();
        var manifest = await fleet.PublishAsync("m:1");
        var variant = fleet.Grains.GetGrain<IVariantGrain>(VariantKey.Of(manifest, Int8));

        await variant.Ensure(manifest with { Input = new InputScaling(Mean: 0.5f) }).ShouldThrowAsync<ArgumentException>();
    }

    private static Task ReadyAsync(TestFleet fleet, string model) => UntilAsync(fleet, model, VariantStatus.Ready);

    private static Task UntilAsync(TestFleet fleet, string model, VariantStatus status) => Eventually.True(
        () => fleet.Projection.Models[ModelId.Parse(model)].Variants.Any(v => v.Status == status), $"a variant of {model} is {status}");
}
