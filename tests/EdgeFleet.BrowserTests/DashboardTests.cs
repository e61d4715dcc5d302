using EdgeFleet.BrowserTests.Support;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EdgeFleet.BrowserTests;

public sealed class DashboardTests(Browser browser) : IClassFixture<Browser>
{
    [Fact]
    public async Task An_empty_fleet_says_what_to_do_first()
    {
        await using var silo = await RunningSilo.StartAsync();
        await using var visit = await browser.VisitAsync(silo.Url);
        await visit.LiveAsync();

        await Expect(visit.Page.GetByText("./fleet agent")).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("./fleet model push")).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("./fleet rollout start")).ToBeVisibleAsync();
        visit.Troubles.ShouldBeEmpty();
    }

    [Fact]
    public async Task Devices_models_and_a_rollout_move_on_the_page_without_a_reload()
    {
        await using var silo = await RunningSilo.StartAsync();
        await using var visit = await browser.VisitAsync(silo.Url);
        await visit.LiveAsync();
        await visit.Page.EvaluateAsync("window.sameDocument = true");

        silo.Fleet.DeviceChanged(Fleet.Device("camera-1", CompressionProfile.Int8Reduced, "int8-reduced: AVX2 without VNNI", InstallPhase.Downloading, inferences: 0));
        await Expect(visit.Page.Locator("[data-device=camera-1]")).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("Downloading")).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("AVX2 without VNNI")).ToBeVisibleAsync();

        silo.Fleet.ModelChanged(Fleet.ModelView());
        await Expect(visit.Page.Locator("[data-model='resnet20-fashion:1']")).ToContainTextAsync("being made and measured");

        silo.Fleet.RolloutChanged(Fleet.Rollout(RolloutStatus.Running, -1, "canary: camera-1"));
        var card = visit.Page.Locator("[data-rollout=r-1]");
        await Expect(card).ToContainTextAsync("0 of 1 proved, 1 on the way");

        silo.Fleet.DeviceChanged(Fleet.Device("camera-1", CompressionProfile.Int8Reduced, "int8-reduced: AVX2 without VNNI", inferences: 2345));
        silo.Fleet.RolloutChanged(Fleet.Rollout(RolloutStatus.Succeeded, 2, "canary: camera-1", "camera-1 proved it", "the rest: gateway-1, legacy-1"));
        await Expect(card).ToContainTextAsync("2 of 2 proved");
        await Expect(card).ToContainTextAsync("the rest: gateway-1, legacy-1");
        await Expect(visit.Page.Locator("[data-count=inferences]")).ToContainTextAsync("2,345");
        await Expect(visit.Page.Locator(".devices")).ToContainTextAsync("92.41 %");

        (await visit.Page.EvaluateAsync<bool>("window.sameDocument === true")).ShouldBeTrue();
        visit.Troubles.ShouldBeEmpty();
    }

    [Fact]
    public async Task After_a_restart_of_the_silo_an_open_page_comes_back_by_itself()
    {
        await using var silo = await RunningSilo.StartAsync();
        await using var visit = await browser.VisitAsync(silo.Url);
        await visit.LiveAsync();
        silo.Fleet.DeviceChanged(Fleet.Device("camera-1", CompressionProfile.Fp32, "fp32: all that it may run"));
        await Expect(visit.Page.Locator("[data-device=camera-1]")).ToBeVisibleAsync();

        await using var again = await silo.RestartAsync();
        again.Fleet.DeviceChanged(Fleet.Device("camera-2", CompressionProfile.Fp32, "fp32: all that it may run"));

        await Expect(visit.Page.Locator("[data-device=camera-2]")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await Expect(visit.Page.Locator("[data-device=camera-1]")).ToBeVisibleAsync();
        await visit.LiveAsync();
    }

    [Fact]
    public async Task What_a_device_says_is_text_and_never_markup()
    {
        await using var silo = await RunningSilo.StartAsync();
        await using var visit = await browser.VisitAsync(silo.Url);
        await visit.LiveAsync();

        silo.Fleet.DeviceChanged(Fleet.Device("camera-1", CompressionProfile.Fp32, "<img src=x onerror=alert(1)><b>bold</b>"));

        await Expect(visit.Page.GetByText("<img src=x onerror=alert(1)><b>bold</b>")).ToBeVisibleAsync();
        visit.Troubles.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_large_fleet_is_paged_and_a_keyboard_reaches_the_next_page()
    {
        await using var silo = await RunningSilo.StartAsync();
        for (var i = 0; i < 300; i++)
        {
            silo.Fleet.DeviceChanged(Fleet.Device($"camera-{i:000}", CompressionProfile.Int8Reduced, "int8-reduced: AVX2 without VNNI"));
        }

        await using var visit = await browser.VisitAsync(silo.Url);
        await visit.LiveAsync();
        await Expect(visit.Page.Locator("[data-device]")).ToHaveCountAsync(25);
        await Expect(visit.Page.Locator("[data-count=online]")).ToContainTextAsync("300");

        var next = visit.Page.Locator(".rz-pager-next");
        await next.FocusAsync();
        await visit.Page.Keyboard.PressAsync("Enter");

        await Expect(visit.Page.Locator("[data-device=camera-025]")).ToBeVisibleAsync();
        visit.Troubles.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1280, 900, ColorScheme.Light)]
    [InlineData(1280, 900, ColorScheme.Dark)]
    [InlineData(390, 844, ColorScheme.Light)]
    [InlineData(390, 844, ColorScheme.Dark)]
    public async Task It_fits_a_laptop_and_a_phone_in_light_and_dark(int width, int height, ColorScheme scheme)
    {
        await using var silo = await RunningSilo.StartAsync();
        silo.Fleet.ModelChanged(Fleet.ModelView());
        silo.Fleet.DeviceChanged(Fleet.Device("camera-1", CompressionProfile.Int8Reduced, "int8-reduced: AVX2 without VNNI; 64 MB limit excludes fp32"));
        silo.Fleet.DeviceChanged(Fleet.Device("gateway-1", CompressionProfile.Int8, "int8: VNNI", InstallPhase.Failed));
        silo.Fleet.DeviceChanged(Fleet.Device("legacy-1", CompressionProfile.Fp32, "fp32: the only precision that it may run", InstallPhase.Soaking, 312, online: false));
        silo.Fleet.RolloutChanged(Fleet.Rollout(
            RolloutStatus.Running, 1, "selected profiles: 1 int8, 1 int8-reduced, 1 fp32", "wave 1 opens: camera-1", "camera-1 proved int8-reduced", "wave 2 opens: gateway-1, legacy-1"));

        await using var visit = await browser.VisitAsync(silo.Url, width, height, scheme);
        await visit.LiveAsync();

        (await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(width);
        var ground = await visit.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        ground.ShouldBe(scheme == ColorScheme.Dark ? "rgb(18, 22, 21)" : "rgb(246, 247, 246)");
        var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "screenshots"));
        await visit.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder.FullName, $"fleet-{width}-{scheme}.png"), FullPage = true });
        visit.Troubles.ShouldBeEmpty();
    }
}
