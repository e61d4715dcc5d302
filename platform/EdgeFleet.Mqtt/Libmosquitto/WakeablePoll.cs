using System.ComponentModel;
using System.Runtime.InteropServices;

namespace EdgeFleet.Mqtt.Libmosquitto;

/// <summary>poll(2) over one socket, which other threads can end early through an eventfd.</summary>
internal sealed unsafe class WakeablePoll : IDisposable
{
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int Interrupted = 4;

    private readonly Lock _gate = new();
    private readonly int _event;
    private int _signalled;
    private bool _disposed;

    public WakeablePoll()
    {
        _event = NativeMethods.EventFd(0, CloseOnExec | NonBlocking);
        if (_event < 0)
        {
            throw new MqttLinkException($"No eventfd for an MQTT link: {new Win32Exception().Message}; raise the limit of open files (ulimit -n).", -Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Ends the wait in progress, or the next one. Does nothing after disposal.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _signalled, 1) == 1)
        {
            return;
        }

        lock (_gate)
        {
            if (!_disposed)
            {
                var one = 1UL;
                _ = NativeMethods.Write(_event, &one, sizeof(ulong));
            }
        }
    }

    /// <summary>Waits for the events on the socket (-1 for none), a wake-up or the timeout; returns what happened on the socket.</summary>
    public short Wait(int socket, short events, int timeoutMs)
    {
        var entries = stackalloc PollEntry[2];
        entries[0] = new PollEntry { Descriptor = _event, Events = PollEntry.In };
        entries[1] = new PollEntry { Descriptor = socket, Events = events };
        if (NativeMethods.Poll(entries, 2, timeoutMs) < 0)
        {
            return Marshal.GetLastPInvokeError() == Interrupted
                ? (short)0
                : throw new MqttLinkException($"poll failed: {new Win32Exception().Message}", -Marshal.GetLastPInvokeError());
        }

        if ((entries[0].Returned & PollEntry.In) != 0)
        {
            ulong count;
            _ = NativeMethods.Read(_event, &count, sizeof(ulong));
            Volatile.Write(ref _signalled, 0);
        }

        return entries[1].Returned;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _disposed = true;
                _ = NativeMethods.Close(_event);
            }
        }
    }
}
