using Orleans.Runtime;

namespace Orleans;

/// <summary>Where reminders are kept.</summary>
public interface IReminderTable
{
    /// <summary>Opens the table. Runs once, when the silo starts.</summary>
    Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    Task<ReminderTableData> ReadRows(GrainId grainId);

    /// <summary>All whose grain hashes into the range; both bounds equal means all.</summary>
    Task<ReminderTableData> ReadRows(uint begin, uint end);

    /// <summary>Null when there is none.</summary>
    Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName);

    /// <summary>Stores, and returns the new ETag.</summary>
    Task<string> UpsertRow(ReminderEntry entry);

    /// <summary>False when the row is gone or its ETag is another.</summary>
    Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag);

    Task TestOnlyClearTable();

    Task StopAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;
}
