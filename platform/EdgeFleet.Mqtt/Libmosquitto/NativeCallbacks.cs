using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace EdgeFleet.Mqtt.Libmosquitto;

/// <summary>Entry points for libmosquitto. The user object is a GCHandle of the client; nothing is thrown into native code.</summary>
internal static unsafe class NativeCallbacks
{
    public static void Attach(nint client)
    {
        NativeMethods.SetConnectCallback(client, &OnConnect);
        NativeMethods.SetDisconnectCallback(client, &OnDisconnect);
        NativeMethods.SetPublishCallback(client, &OnPublish);
        NativeMethods.SetMessageCallback(client, &OnMessage);
        NativeMethods.SetSubscribeCallback(client, &OnSubscribe);
        NativeMethods.SetUnsubscribeCallback(client, &OnUnsubscribe);
        NativeMethods.SetLogCallback(client, &OnLog);
    }

    /// <summary>The library formats a line per packet for whoever listens, so the log is only heard while connecting.</summary>
    public static void StopLog(nint client) => NativeMethods.SetLogCallback(client, null);

    private static NativeClient Client(nint handle) => (NativeClient)GCHandle.FromIntPtr(handle).Target!;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnConnect(nint client, nint handle, int reasonCode, int flags, nint properties)
    {
        var events = Client(handle).Events;
        try
        {
            var maximum = NativeMethods.ReadInt16(properties, NativeMethods.PropertyReceiveMaximum, out var value, false) != 0 ? value : ushort.MaxValue;
            events.OnConnectAnswer(reasonCode, (flags & 1) != 0, maximum);
        }
        catch (Exception e)
        {
            events.OnFault(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnDisconnect(nint client, nint handle, int reasonCode, nint properties)
    {
        var events = Client(handle).Events;
        try
        {
            events.OnDisconnect(reasonCode);
        }
        catch (Exception e)
        {
            events.OnFault(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnPublish(nint client, nint handle, int packetId, int reasonCode, nint properties)
    {
        var events = Client(handle).Events;
        try
        {
            events.OnPublished(packetId, reasonCode);
        }
        catch (Exception e)
        {
            events.OnFault(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnMessage(nint client, nint handle, NativeMessage* message, nint properties)
    {
        var events = Client(handle).Events;
        try
        {
            var topic = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(message->Topic));
            var payload = new ReadOnlySpan<byte>(message->Payload, message->PayloadLength).ToArray();
            var expires = NativeMethods.ReadInt32(properties, NativeMethods.PropertyMessageExpiryInterval, out var seconds, false) != 0;
            events.OnMessage(new MqttMessage(topic, payload)
            {
                Qos = message->Qos == 0 ? MqttQos.AtMostOnce : MqttQos.AtLeastOnce,
                Retain = message->Retain != 0,
                Expiry = expires ? TimeSpan.FromSeconds(seconds) : null,
            });
        }
        catch (Exception e)
        {
            events.OnFault(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnSubscribe(nint client, nint handle, int packetId, int count, int* granted, nint properties)
    {
        var events = Client(handle).Events;
        try
        {
            events.OnSubscriptionAnswer(packetId, count > 0 ? granted[0] : 0x80);
        }
        catch (Exception e)
        {
            events.OnFault(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnUnsubscribe(nint client, nint handle, int packetId, nint properties)
    {
        var events = Client(handle).Events;
        try
        {
            events.OnSubscriptionAnswer(packetId, 0);
        }
        catch (Exception e)
        {
            events.OnFault(e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLog(nint client, nint handle, int level, byte* text)
    {
        if (level != NativeMethods.LogError)
        {
            return;
        }

        var target = Client(handle);
        try
        {
            target.AddLogLine(Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text)));
        }
        catch (Exception e)
        {
            target.Events.OnFault(e);
        }
    }
}
