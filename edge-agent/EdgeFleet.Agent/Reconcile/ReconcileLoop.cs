using System.Text.Json;
using EdgeFleet.Agent.Inference;
using EdgeFleet.Agent.Install;
using EdgeFleet.Agent.Reporting;
using EdgeFleet.Agent.State;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Contracts.Models;
using Microsoft.Extensions.Logging;

namespace EdgeFleet.Agent.Reconcile;

/// <summary>Brings what is held to what is asked, one step at a time; the only writer of the agent's state.</summary>
/// <remarks>Every change is saved before its effect, so a kill at any instant leaves a state from which <see cref="Restore"/> goes on.</remarks>
internal sealed partial class ReconcileLoop(
    StateKeeper state,
    ArtifactStore artifacts,
    ArtifactDownloader downloader,
    IVariantLoader loader,
    IProver prover,
    ServingSlot slot,
    RecentInputs recent,
    DesiredMailbox mailbox,
    MessageRejections rejections,
    InstallOptions options,
    bool hasSource,
    TimeProvider time,
    ILogger<ReconcileLoop> logger)
{
    /// <summary>Puts back into service what served before the process ended. Call once, before <see cref="RunAsync"/>.</summary>
    public void Restore()
    {
        if (state.Current.Phase is InstallPhase.Proving or InstallPhase.Soaking)
        {
            // Counted before anything is loaded: what kills the process in native code would do so at every start.
            var attempts = state.Current.Attempts + 1;
            state.Save(state.Current with { Attempts = attempts });
            if (attempts > options.MaxAttempts)
            {
                var message = $"The agent ended {attempts} times while this variant was {(state.Current.Phase == InstallPhase.Soaking ? "soaking" : "being proved")}.";
                LogCrashLoop(state.Current.Generation, attempts);
                state.Save(state.Current.Phase == InstallPhase.Soaking
                    ? state.Current.FallBack(InstallFailure.Soak, message)
                    : state.Current.Fail(InstallFailure.Load, message));
            }
        }

        ServeActive();
        Sweep();
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (!await StepAsync(cancellationToken))
                {
                    await mailbox.WaitAsync(cancellationToken);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogDiskRefused(e.Message);
                await Task.Delay(options.RetryDelay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <returns>False where nothing is left to do.</returns>
    private async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        var reading = mailbox.Take();
        if (reading is DesiredReading.Impossible impossible)
        {
            Refuse(impossible);
            return true;
        }

        var incoming = (reading as DesiredReading.Usable)?.Desired;
        switch (Reconciler.Next(state.Current, incoming, artifacts.Has))
        {
            case ReconcileAction.Ignore ignore:
                rejections.Count("older-generation", ignore.Reason);
                return true;
            case ReconcileAction.Adopt adopt:
                Adopt(adopt.Desired);
                return true;
            case ReconcileAction.Fetch fetch:
                await Interruptible(token => FetchAsync(fetch, token), cancellationToken);
                return true;
            case ReconcileAction.Prove prove:
                await Interruptible(token => ProveAsync(prove.Desired, token), cancellationToken);
                return true;
            case ReconcileAction.Soak soak:
                await Interruptible(token => SoakAsync(soak.Desired, token), cancellationToken);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Runs a step that ends early, without a trace, when a newer generation comes in.</summary>
    private async Task Interruptible(Func<CancellationToken, Task> step, CancellationToken cancellationToken)
    {
        var interrupt = mailbox.InterruptAbove(state.Current.Generation, cancellationToken);
        try
        {
            await step(interrupt.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && interrupt.IsCancellationRequested)
        {
            LogSuperseded(state.Current.Generation);
        }
        finally
        {
            mailbox.Release(interrupt);
        }
    }

    private void Refuse(DesiredReading.Impossible impossible)
    {
        rejections.Count("impossible", impossible.Reason);
        if (impossible.Desired.Generation > state.Current.Generation)
        {
            state.Save(state.Current.Reject(impossible.Desired, impossible.Reason));
            ServeActive();
        }
    }

    private void Adopt(DesiredState desired)
    {
        LogAdopted(desired.Generation, desired.Model, desired.Profile, desired.Variant.Sha256.Short);
        state.Save(state.Current.Adopt(desired));
        ServeActive();
        Sweep();
    }

    private async Task FetchAsync(ReconcileAction.Fetch fetch, CancellationToken cancellationToken)
    {
        var outcome = await downloader.FetchAsync(fetch.Artifact, fetch.ChunkBytes, cancellationToken);
        var received = state.Current.Received(outcome.BytesReceived);
        if (outcome.Failure == InstallFailure.None)
        {
            state.Save(received);
            return;
        }

        Fail(received, outcome.Failure, outcome.Message ?? "The download failed.");
    }

    private async Task ProveAsync(DesiredState desired, CancellationToken cancellationToken)
    {
        if (state.Current.Phase != InstallPhase.Proving)
        {
            state.Save(state.Current.StartProving());
        }

        // Loading and golden runs take the processor for a while; they must not do so on a thread that others wait for.
        var verdict = await Task.Run(() => MeasureAsync(desired, cancellationToken), cancellationToken);
        if (verdict.Candidate is not { } candidate)
        {
            Fail(state.Current, verdict.Failure, verdict.Message, verdict.Proof);
            return;
        }

        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            state.Save(state.Current.Activate(verdict.Proof!));
        }
        catch
        {
            candidate.Release();
            throw;
        }

        slot.Swap(candidate);
        LogActivated(desired.Generation, desired.Variant.Sha256.Short, verdict.Proof!.Agreement ?? double.NaN, verdict.Proof.ComparedInputs);
    }

    private async Task<Verdict> MeasureAsync(DesiredState desired, CancellationToken cancellationToken)
    {
        LoadedVariant? candidate = null;
        var passed = false;
        try
        {
            candidate = new LoadedVariant(
                InstalledVariant.Of(desired), loader.Load(artifacts.PathOf(desired.Variant.Sha256), desired.Input));
            var golden = ReadGolden(desired);
            if (golden is null)
            {
                return Verdict.Failed(InstallFailure.Golden, $"{desired.Golden.Sha256.Short} is not a golden set of {desired.Variant.Sha256.Short}.");
            }

            var reproduced = prover.CheckGolden(candidate.Runner, golden, cancellationToken);
            var proof = new ProofResult(Finite(reproduced.MaxError), Finite(reproduced.Tolerance), null, 0, null, null);
            if (!reproduced.Passed)
            {
                return Verdict.Failed(InstallFailure.Golden, reproduced.Message, proof);
            }

            if (Reconciler.MustAgree(state.Current, desired))
            {
                var agreed = await CompareAsync(candidate, desired, proof, cancellationToken);
                if (agreed.Failure != InstallFailure.None)
                {
                    return agreed;
                }

                proof = agreed.Proof!;
            }

            passed = true;
            return new Verdict(candidate, InstallFailure.None, "", proof);
        }
        catch (VariantException e)
        {
            return Verdict.Failed(InstallFailure.Load, e.Message);
        }
        finally
        {
            if (!passed)
            {
                candidate?.Release();
            }
        }
    }

    private async Task<Verdict> CompareAsync(LoadedVariant candidate, DesiredState desired, ProofResult proof, CancellationToken cancellationToken)
    {
        await recent.WaitForAsync(desired.Proof.RecentInputs, options.RecentInputsWait, time, cancellationToken);
        var inputs = recent.Newest(desired.Proof.RecentInputs);
        if (inputs.Count == 0)
        {
            return Verdict.Failed(
                InstallFailure.Disagreement,
                $"No input came within {options.RecentInputsWait.TotalSeconds:0} s to compare it on with the serving variant; a check that can't be made counts as failed.",
                proof);
        }

        if (slot.Hold() is not { } incumbent)
        {
            return Verdict.Failed(InstallFailure.Disagreement, "The serving variant is gone, so there is nothing to compare with.", proof);
        }

        try
        {
            var agreement = prover.Compare(candidate.Runner, incumbent.Runner, inputs, cancellationToken);
            proof = proof with
            {
                Agreement = agreement.Agreement,
                ComparedInputs = agreement.Compared,
                LatencyP50Ms = Finite(agreement.CandidateP50Ms),
                IncumbentP50Ms = Finite(agreement.IncumbentP50Ms),
            };
            return agreement.Agreement >= desired.Proof.AgreementFloor
                ? new Verdict(candidate, InstallFailure.None, "", proof)
                : Verdict.Failed(
                    InstallFailure.Disagreement,
                    $"It agrees with {incumbent.Variant.Model} on {agreement.Agreement:P1} of {agreement.Compared} recent inputs; the floor is {desired.Proof.AgreementFloor:P1}.",
                    proof);
        }
        finally
        {
            incumbent.Release();
        }
    }

    private async Task SoakAsync(DesiredState desired, CancellationToken cancellationToken)
    {
        if (slot.Current is not { } serving || serving.Variant.Variant != desired.Variant)
        {
            FallBack(InstallFailure.Soak, "The variant that should soak does not serve.");
            return;
        }

        var soaked = Task.Delay(desired.Proof.Soak, time, cancellationToken);
        var answered = hasSource && desired.Proof.Soak > TimeSpan.Zero ? serving.FirstAnswer : Task.CompletedTask;
        var tooLate = Task.Delay(desired.Proof.Soak + options.FirstAnswerWait, time, cancellationToken);
        await Task.WhenAny(Task.WhenAll(soaked, answered), serving.FirstError, tooLate);
        cancellationToken.ThrowIfCancellationRequested();
        if (serving.FirstError.IsCompleted)
        {
            FallBack(InstallFailure.Soak, $"It gave no answer while soaking: {await serving.FirstError}");
        }
        else if (!answered.IsCompleted)
        {
            FallBack(InstallFailure.Soak, "No input came while it soaked; a check that can't be made counts as failed.");
        }
        else
        {
            state.Save(state.Current.Complete());
            LogProved(desired.Generation, desired.Model, desired.Profile);
            Sweep();
        }
    }

    private GoldenSet? ReadGolden(DesiredState desired)
    {
        try
        {
            using var stream = File.OpenRead(artifacts.PathOf(desired.Golden.Sha256));
            return JsonSerializer.Deserialize(stream, WireJson.Default.GoldenSet) is { } golden && golden.Variant == desired.Variant.Sha256 ? golden : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Fail(AgentState from, InstallFailure failure, string message, ProofResult? proof = null)
    {
        LogFailed(from.Generation, failure, message);
        state.Save(from.Fail(failure, message, proof));
        Sweep();
    }

    private void FallBack(InstallFailure failure, string message)
    {
        LogFailed(state.Current.Generation, failure, message);
        var next = state.Current.FallBack(failure, message);

        // Back first, saved second: no answer more from a variant that failed, even while the disk is slow or refuses.
        // Killed in between, the agent finds it soaking and does the same again.
        TryServe(next.Active);
        state.Save(next);
        ServeActive();
        Sweep();
    }

    /// <summary>Makes the slot hold what the state says; without effect where it does. What can't be loaded is lost, and the fallback takes its place.</summary>
    private void ServeActive()
    {
        while (!TryServe(state.Current.Active))
        {
            var lost = state.Current.Active!.Variant.Sha256;
            artifacts.Delete(lost);
            state.Save(state.Current.LoseActive(state.Current.Previous is not null, $"{lost.Short} could not be loaded again."));
        }
    }

    private bool TryServe(InstalledVariant? active)
    {
        if (active is null)
        {
            slot.Swap(null);
            return true;
        }

        if (slot.Current?.Variant.ServesLike(active) == true)
        {
            return true;
        }

        if (!TryLoad(active, out var loaded, out var reason))
        {
            LogLost(active.Variant.Sha256.Short, reason);
            return false;
        }

        slot.Swap(loaded);
        LogServing(active.Model, active.Profile, active.Variant.Sha256.Short);
        return true;
    }

    private bool TryLoad(InstalledVariant variant, out LoadedVariant? loaded, out string reason)
    {
        loaded = null;
        try
        {
            if (!artifacts.IsWhole(variant.Variant))
            {
                reason = "its file is missing or damaged";
                return false;
            }

            loaded = new LoadedVariant(variant, loader.Load(artifacts.PathOf(variant.Variant.Sha256), variant.Input));
            reason = "";
            return true;
        }
        catch (Exception e) when (e is VariantException or IOException)
        {
            reason = e.Message;
            return false;
        }
    }

    private void Sweep()
    {
        var s = state.Current;
        List<Sha256Digest> keep = [];
        foreach (var variant in (InstalledVariant?[])[s.Active, s.Previous])
        {
            if (variant is not null)
            {
                keep.AddRange([variant.Variant.Sha256, variant.Golden.Sha256]);
            }
        }

        if (s is { Desired: { } desired, Phase: not InstallPhase.Failed })
        {
            keep.AddRange([desired.Variant.Sha256, desired.Golden.Sha256]);
        }

        try
        {
            artifacts.Sweep(keep);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogSweep(e.Message);
        }
    }

    /// <summary>JSON has no infinity; a huge number says the same.</summary>
    private static double Finite(double value) => double.IsFinite(value) ? value : double.MaxValue;

    private sealed record Verdict(LoadedVariant? Candidate, InstallFailure Failure, string Message, ProofResult? Proof)
    {
        public static Verdict Failed(InstallFailure failure, string message, ProofResult? proof = null) => new(null, failure, message, proof);
    }
}
