using EdgeFleet.Agent.Registration;
using EdgeFleet.OnnxRuntime;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Agent.Registration;

public sealed class CapabilityProbeTests : IDisposable
{
    private readonly TempFolder root = new();

    [Fact]
    public void This_machine_is_found_out()
    {
        var found = new CapabilityProbe().Probe(root.Path, CapabilityDeclaration.None);
        found.Arch.ShouldBeOneOf("x64", "arm64");
        found.IsaFlags.ShouldNotBeEmpty();
        found.IsaFlags.ShouldBe(found.IsaFlags.Order(StringComparer.Ordinal));
        found.Cores.ShouldBeInRange(1, Environment.ProcessorCount);
        found.MemoryBytes.ShouldBeGreaterThan(100L << 20);
        found.DiskFreeBytes.ShouldBeGreaterThan(0);
        found.OrtVersion.ShouldBe(OrtRuntime.Version);
        found.ExecutionProviders.ShouldContain("CPUExecutionProvider");
        found.Precisions.ShouldBeEmpty();
    }

    [Fact]
    public void What_is_declared_replaces_what_is_found()
    {
        var declared = new CapabilityDeclaration("arm64", [], 1, 64 << 20, ["fp32"]);
        var found = new CapabilityProbe().Probe(root.File("not", "made", "yet"), declared);
        found.Arch.ShouldBe("arm64");
        found.IsaFlags.ShouldBeEmpty();
        found.Cores.ShouldBe(1);
        found.MemoryBytes.ShouldBe(64 << 20);
        found.Precisions.ShouldBe(["fp32"]);
        found.DiskFreeBytes.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Memory_is_the_smaller_of_the_machines_and_the_groups()
    {
        Write("proc/meminfo", "MemTotal:        2048000 kB\nMemFree: 1 kB\n");
        new CapabilityProbe(root.Path).Probe(root.Path, CapabilityDeclaration.None).MemoryBytes.ShouldBe(2048000L * 1024);
        CgroupV2("/app", ("app/memory.max", "67108864"));
        new CapabilityProbe(root.Path).Probe(root.Path, CapabilityDeclaration.None).MemoryBytes.ShouldBe(64 << 20);
    }

    [Fact]
    public void Flags_have_our_names_and_must_be_on_every_core()
    {
        CpuFeatures.FromCpuInfo("processor: 0\nflags\t\t: fpu sse4_1 avx2 avx512f avx512_vnni avx_vnni\n")
            .ShouldBe(["avx2", "avx512f", "avx512vnni", "avxvnni", "sse41"]);
        CpuFeatures.FromCpuInfo("processor : 0\nFeatures : fp asimd asimdhp asimddp\nprocessor : 1\nFeatures : fp asimd asimdhp\n").ShouldBe(["fp16", "neon"]);
        CpuFeatures.FromCpuInfo("nothing of the kind").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("150000 100000", 1.5)]
    [InlineData("max 100000", null)]
    [InlineData("garbage", null)]
    [InlineData("", null)]
    public void A_version_2_processor_quota_counts_in_cores(string content, double? cores)
    {
        CgroupV2("/", ("cpu.max", content));
        CgroupLimits.Read(root.Path).Cores.ShouldBe(cores);
    }

    [Fact]
    public void The_tightest_limit_from_the_group_up_to_the_root_holds()
    {
        CgroupV2("/slice/app", ("memory.max", "max"), ("slice/memory.max", "1000000"), ("slice/app/memory.max", "5000000"), ("slice/cpu.max", "50000 100000"));
        CgroupLimits.Read(root.Path).ShouldBe(new CgroupLimits(1_000_000, 0.5));
    }

    [Fact]
    public void Version_1_groups_limit_too()
    {
        Write("proc/self/cgroup", "5:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n");
        Write("proc/self/mountinfo", """
            35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
            32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime shared:5 - cgroup cgroup rw,cpu,cpuacct
            """);
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "33554432\n");
        Write("sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", "200000");
        Write("sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us", "100000");
        Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1");
        Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
        CgroupLimits.Read(root.Path).ShouldBe(new CgroupLimits(33_554_432, 2));
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
        CgroupLimits.Read(root.Path).MemoryBytes.ShouldBeNull();
    }

    [Fact]
    public void Without_groups_there_is_no_limit() => CgroupLimits.Read(root.Path).ShouldBe(new CgroupLimits(null, null));

    public void Dispose() => root.Dispose();

    private void CgroupV2(string own, params (string Path, string Content)[] files)
    {
        Write("proc/self/cgroup", $"0::{own}\n");
        Write("proc/self/mountinfo", "38 31 0:35 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw\n");
        foreach (var (path, content) in files)
        {
            Write("sys/fs/cgroup/" + path, content);
        }
    }

    private void Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(root.File(path))!);
        File.WriteAllText(root.File(path), content);
    }
}
