using EdgeFleet.Agent.State;
using EdgeFleet.Contracts.Telemetry;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Agent.State;

public sealed class OutboxTests
{
    private static readonly Guid Incarnation = Guid.Parse("22222222-2222-2222-2222-222222222222");

    [Fact]
    public void Batches_are_numbered_from_one_without_gaps_and_stay_until_acknowledged()
    {
        using var folder = new TempFolder();
        using (var outbox = Open(folder))
        {
            outbox.Append([Some.Batch(), Some.Batch(20, "b")]);
            outbox.Append([Some.Batch(30)]);
            outbox.LastSequence.ShouldBe(3);
            outbox.Acknowledge(1).ShouldBeTrue();
            outbox.Acknowledge(1).ShouldBeFalse();
        }

        using var again = Open(folder);
        again.AckedUpTo.ShouldBe(1);
        again.Find(1).ShouldBeNull();
        again.Find(2)!.Inferences.ShouldBe(20);
        again.Find(3)!.Device.ShouldBe(Some.Device);
        again.Find(3)!.Incarnation.ShouldBe(Incarnation);
        again.Append([Some.Batch()]);
        again.LastSequence.ShouldBe(4);
    }

    [Fact]
    public void Numbers_go_on_after_everything_was_acknowledged_and_the_file_was_rewritten()
    {
        using var folder = new TempFolder();
        using (var outbox = Open(folder))
        {
            for (var i = 0; i < 1000; i++)
            {
                outbox.Append([Some.Batch()]);
                outbox.Acknowledge(i + 1);
            }
        }

        new FileInfo(folder.File("outbox.log")).Length.ShouldBeLessThan(128 * 1024);
        using var again = Open(folder);
        again.Count.ShouldBe(0);
        again.LastSequence.ShouldBe(1000);
        again.AckedUpTo.ShouldBe(1000);
    }

    [Fact]
    public void Cut_at_any_byte_of_the_last_record_all_before_it_is_there_and_numbers_go_on()
    {
        using var folder = new TempFolder();
        long start;
        using (var outbox = Open(folder))
        {
            outbox.Append([Some.Batch(1), Some.Batch(2)]);
            start = new FileInfo(folder.File("outbox.log")).Length;
            outbox.Append([Some.Batch(3)]);
        }

        var whole = File.ReadAllBytes(folder.File("outbox.log"));
        for (var length = (int)start; length < whole.Length; length++)
        {
            File.WriteAllBytes(folder.File("outbox.log"), whole[..length]);
            using (var cut = Open(folder))
            {
                cut.Count.ShouldBe(2);
                cut.Append([Some.Batch(4)]);
            }

            using var again = Open(folder);
            again.Count.ShouldBe(3);
            again.Find(3)!.Inferences.ShouldBe(4);
        }
    }

    [Fact]
    public void A_flipped_bit_in_the_last_record_drops_only_that_record()
    {
        using var folder = new TempFolder();
        using (var outbox = Open(folder))
        {
            outbox.Append([Some.Batch(1)]);
            outbox.Append([Some.Batch(2)]);
        }

        var bytes = File.ReadAllBytes(folder.File("outbox.log"));
        bytes[^40] ^= 1;
        File.WriteAllBytes(folder.File("outbox.log"), bytes);
        using var again = Open(folder);
        again.Count.ShouldBe(1);
        again.LastSequence.ShouldBe(1);
    }

    [Fact]
    public void A_full_outbox_merges_what_was_never_sent_and_loses_no_count()
    {
        using var folder = new TempFolder();
        long total = 0;
        using (var outbox = Open(folder, 64))
        {
            var sent = new List<TelemetryBatch>();
            for (var i = 0; i < 1000; i++)
            {
                outbox.Append([Some.Batch(i, i % 3 == 0 ? "b" : "a", i)]);
                total += i;
                sent.Add(outbox.Find(1)!);
                outbox.Count.ShouldBeLessThanOrEqualTo(64);
            }

            sent.Distinct().Count().ShouldBe(1, "what may have been sent already must not change");
        }

        using var again = Open(folder, 64);
        Drain(again).Sum(b => b.Inferences).ShouldBe(total);

        static List<TelemetryBatch> Drain(Outbox outbox)
        {
            var all = new List<TelemetryBatch>();
            while (outbox.Find(outbox.AckedUpTo + 1) is { } batch)
            {
                batch.Sequence.ShouldBe(all.Count + 1);
                batch.Latency.Count.ShouldBe(batch.Inferences);
                all.Add(batch);
                outbox.Acknowledge(batch.Sequence);
            }

            return all;
        }
    }

    [Fact]
    public void An_acknowledgement_of_what_was_not_sent_yet_forgets_at_most_the_window()
    {
        using var folder = new TempFolder();
        using var outbox = Open(folder);
        outbox.Append([.. Enumerable.Range(0, 40).Select(i => Some.Batch(i))]);
        outbox.Acknowledge(long.MaxValue).ShouldBeTrue();
        outbox.Count.ShouldBe(40 - Outbox.Window);
    }

    [Fact]
    public void Another_incarnation_takes_the_batches_over_under_new_numbers()
    {
        using var folder = new TempFolder();
        using (var outbox = Open(folder))
        {
            outbox.Append([Some.Batch(1), Some.Batch(2), Some.Batch(3)]);
            outbox.Acknowledge(2);
        }

        var other = Guid.NewGuid();
        using var again = new Outbox(folder.Path, Some.Device, other);
        again.Count.ShouldBe(1);
        again.Find(1)!.Inferences.ShouldBe(3);
        again.Find(1)!.Incarnation.ShouldBe(other);
        again.Append([Some.Batch()]);
        again.LastSequence.ShouldBe(2);
    }

    private static Outbox Open(TempFolder folder, int capacity = 2048) => new(folder.Path, Some.Device, Incarnation, capacity);
}
