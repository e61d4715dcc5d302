using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Grains.Models;

namespace EdgeFleet.Tests.Grains.Models;

public sealed class ProfileSelectorTests
{
    [Fact]
    public void A_small_device_without_VNNI_gets_the_reduced_form_and_hears_why()
    {
        var choice = ProfileSelector.Choose(Some.Device("avx2", memoryMb: 64), Some.Model(), []);

        choice.Profile.ShouldBe(CompressionProfile.Int8Reduced);
        choice.Reason.ShouldBe("int8-reduced: AVX2 without VNNI; 64 MB limit excludes fp32");
    }

    [Theory]
    [InlineData("x64", "avx2,avx512vnni", "int8")]
    [InlineData("x64", "avx2,avxvnni", "int8")]
    [InlineData("x64", "avx2", "int8-reduced")]
    [InlineData("x64", "sse4.2", "fp32")]
    [InlineData("arm64", "dotprod", "int8-signed")]
    [InlineData("arm64", "", "int8-signed")]
    [InlineData("riscv64", "", "fp32")]
    public void The_form_follows_the_processor(string arch, string isa, string expected) =>
        ProfileSelector.Choose(Some.Device(isa, arch: arch), Some.Model(), []).Profile!.Value.Value.ShouldBe(expected);

    [Fact]
    public void A_device_that_runs_only_fp32_gets_fp32_and_hears_what_was_excluded()
    {
        var choice = ProfileSelector.Choose(Some.Device("avx2", precisions: "fp32"), Some.Model(), []);

        choice.Profile.ShouldBe(CompressionProfile.Fp32);
        choice.Reason.ShouldBe("fp32: AVX2 without VNNI; the device runs only fp32, which excludes int8-reduced");
    }

    [Fact]
    public void Without_calibration_data_a_convolutional_model_stays_float()
    {
        var choice = ProfileSelector.Choose(Some.Device(), Some.Model(calibrated: false), []);

        choice.Profile.ShouldBe(CompressionProfile.Fp32);
        choice.Reason.ShouldContain("no calibration data excludes int8-reduced");
    }

    [Fact]
    public void Without_calibration_data_a_recurrent_model_takes_the_dynamic_form() =>
        ProfileSelector.Choose(Some.Device(), Some.Model(calibrated: false, operators: ["LSTM", "Gemm"]), [])
            .Profile.ShouldBe(CompressionProfile.Int8Dynamic);

    [Fact]
    public void A_GPU_takes_float16() =>
        ProfileSelector.Choose(Some.Device() with { ExecutionProviders = ["CUDAExecutionProvider", "CPUExecutionProvider"] }, Some.Model(), [])
            .Profile.ShouldBe(CompressionProfile.Fp16);

    [Fact]
    public void A_device_too_small_for_every_form_is_infeasible_with_the_reason()
    {
        var choice = ProfileSelector.Choose(Some.Device(memoryMb: 32), Some.Model(), []);

        choice.Profile.ShouldBeNull();
        choice.Reason.ShouldBe("no profile suits: 32 MB limit excludes int8-reduced, fp32, fp16, weights8, weights4");
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(-1, false)]
    public void The_memory_limit_is_inclusive(long bytesMore, bool suits)
    {
        var model = Some.Model();
        var need = ProfileSelector.MemoryNeed(CompressionProfile.Fp32, model);

        var choice = ProfileSelector.Choose(Some.Device() with { MemoryBytes = need + bytesMore }, model, [CompressionProfile.Fp32]);

        choice.Profile.HasValue.ShouldBe(suits);
    }

    [Fact]
    public void A_form_below_its_quality_floor_gives_way_to_the_next_and_says_so()
    {
        var refused = new VariantInfo(Some.Digest("m"), CompressionProfile.Int8Reduced, VariantStatus.Refused, null, null, null, "agreement 0.71 under 0.95", Some.At);

        var choice = ProfileSelector.Choose(Some.Device("avx2"), Some.Model(), [], [refused]);

        choice.Profile.ShouldBe(CompressionProfile.Fp32);
        choice.Reason.ShouldBe("fp32: AVX2 without VNNI; the quality floor excludes int8-reduced");
    }

    [Fact]
    public void A_ready_variant_is_judged_by_its_true_size()
    {
        var large = new VariantInfo(
            Some.Digest("m"), CompressionProfile.Int8Reduced, VariantStatus.Ready, Some.Artifact("v", 3_500_000), Some.Artifact("g"), null, null, Some.At);

        ProfileSelector.Choose(Some.Device("avx2", memoryMb: 64), Some.Model(), []).Profile.ShouldBe(CompressionProfile.Int8Reduced);
        ProfileSelector.Choose(Some.Device("avx2", memoryMb: 64), Some.Model(), [], [large]).Profile.ShouldBeNull();
    }

    [Fact]
    public void A_policy_of_a_form_that_saturates_on_this_processor_is_infeasible_and_says_why() =>
        ProfileSelector.Choose(Some.Device("avx2"), Some.Model(), [CompressionProfile.Int8]).Reason
            .ShouldBe("no profile suits: the rollout excludes int8-reduced, fp32, fp16, weights8, weights4; AVX2 without VNNI excludes int8");

    /// <summary>Without calibration data a convolutional model has no int8 form; 10 MB are 10,485,760 bytes in float.</summary>
    [Theory]
    [InlineData(10_485_760 * 2, "fp32")]
    [InlineData((10_485_760 * 2) - 1, "fp16")]
    [InlineData(5_347_737 * 2, "fp16")]
    [InlineData((5_347_737 * 2) - 1, "weights8")]
    [InlineData(2_936_012 * 2, "weights8")]
    [InlineData((2_936_012 * 2) - 1, "weights4")]
    [InlineData(1_782_579 * 2, "weights4")]
    [InlineData((1_782_579 * 2) - 1, null)]
    public void The_less_disk_is_free_the_smaller_the_form(long free, string? expected)
    {
        var model = Some.Model(size: 10 << 20, calibrated: false);

        ProfileSelector.Choose(Some.Device() with { DiskFreeBytes = free }, model, []).Profile?.Value.ShouldBe(expected);
        ProfileSelector.Choose(Some.Device(), model, [], null, free / 2).Profile?.Value.ShouldBe(expected);
    }

    [Fact]
    public void A_weight_only_form_is_never_chosen_for_its_own_sake()
    {
        foreach (var arch in new[] { "x64", "arm64", "riscv64" })
        {
            var choice = ProfileSelector.Choose(Some.Device("avx2", arch: arch), Some.Model(calibrated: false), []);
            choice.Profile!.Value.IsWeightOnly.ShouldBeFalse();
            choice.Alternatives.TakeLast(2).ShouldBe([CompressionProfile.Weights8, CompressionProfile.Weights4]);
        }
    }

    [Fact]
    public void Small_weights_do_not_help_where_memory_is_short()
    {
        var model = Some.Model();
        ProfileSelector.MemoryNeed(CompressionProfile.Weights4, model).ShouldBe(ProfileSelector.MemoryNeed(CompressionProfile.Fp32, model));
        ProfileSelector.Choose(Some.Device(memoryMb: 64, precisions: "fp32"), model, []).Profile.ShouldBeNull();
    }

    [Fact]
    public void Where_no_int8_form_held_a_size_limit_is_kept_by_stored_weights_of_8_bits()
    {
        var refused = new VariantInfo(Some.Digest("m"), CompressionProfile.Int8Reduced, VariantStatus.Refused, null, null, null, "agreement 0.71 under 0.95", Some.At);

        var choice = ProfileSelector.Choose(Some.Device("avx2", precisions: "int8,fp32"), Some.Model(), [], [refused], 2_000_000);

        choice.Profile.ShouldBe(CompressionProfile.Weights8);
        choice.Reason.ShouldBe("weights8: AVX2 without VNNI; the quality floor excludes int8-reduced; the rollout's limit of 2,000,000 bytes excludes fp32");
    }

    [Fact]
    public void What_to_try_next_is_ranked() =>
        ProfileSelector.Choose(Some.Device("avx2"), Some.Model(operators: ["MatMul"]), []).Alternatives
            .ShouldBe([CompressionProfile.Int8Dynamic, CompressionProfile.Fp32, CompressionProfile.Fp16, CompressionProfile.Weights8, CompressionProfile.Weights4]);

    [Fact]
    public void Whatever_is_chosen_keeps_to_the_policy_and_to_the_limits_of_the_device()
    {
        var random = new Random(20260301);
        string[] archs = ["x64", "arm64", "x86", "arm"], flags = ["", "avx2", "avx2,avx512vnni", "dotprod"], precisions = ["", "fp32", "fp32,fp16", "int8"];
        for (var i = 0; i < 5000; i++)
        {
            var device = Some.Device(
                flags[random.Next(flags.Length)], random.Next(16, 512), archs[random.Next(archs.Length)], precisions[random.Next(precisions.Length)], random.Next(0, 64));
            var model = Some.Model(size: random.Next(1, 60_000_000), calibrated: random.Next(2) == 0, operators: random.Next(2) == 0 ? ["Conv"] : ["MatMul"]);
            var allowed = CompressionProfile.All.Where(_ => random.Next(3) > 0).ToArray();

            long? most = random.Next(2) == 0 ? null : random.Next(1, 30_000_000);

            var choice = ProfileSelector.Choose(device, model, allowed, null, most);

            var again = ProfileSelector.Choose(device, model, allowed, null, most);
            (again.Profile, again.Reason).ShouldBe((choice.Profile, choice.Reason));
            again.Alternatives.ShouldBe(choice.Alternatives);
            foreach (var alternative in choice.Alternatives)
            {
                ProfileSelector.MemoryNeed(alternative, model).ShouldBeLessThanOrEqualTo(device.MemoryBytes);
                device.Allows(alternative.Precision).ShouldBeTrue();
                alternative.ShouldNotBe(choice.Profile!.Value);
            }

            if (choice.Profile is { } profile)
            {
                choice.Reason.ShouldStartWith(profile.Value + ": ");
                if (allowed.Length > 0)
                {
                    allowed.ShouldContain(profile);
                }

                device.Allows(profile.Precision).ShouldBeTrue();
                ProfileSelector.MemoryNeed(profile, model).ShouldBeLessThanOrEqualTo(device.MemoryBytes);
                ProfileSelector.EstimatedBytes(profile, model).ShouldBeLessThanOrEqualTo(Math.Min(most ?? long.MaxValue, device.DiskFreeBytes / 2));
                (profile.NeedsCalibration && model.Calibration is null).ShouldBeFalse();
            }
            else
            {
                choice.Reason.ShouldStartWith("no profile suits: ");
            }
        }
    }
}
