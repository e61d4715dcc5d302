using System.Net;
using System.Net.Sockets;

namespace EdgeFleet.Tests.Support;

/// <summary>A TCP port on loopback that was free a moment ago.</summary>
internal static class FreePort
{
    public static int Take()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
