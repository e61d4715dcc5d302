using System.Net;
using System.Net.Sockets;

namespace EdgeFleet.Tests.Support;

/// <summary>A TCP relay on loopback that a test can cut: every connection is reset, as when a cable or a process dies.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly Func<int> _target;
    private readonly Lock _gate = new();
    private readonly HashSet<Socket> _open = [];
    private readonly Task _accepting;
    private int _refuse;

    /// <param name="target">Port of loopback to relay to, asked at each connection.</param>
    public TcpProxy(Func<int> target)
    {
        _target = target;
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>While true, new connections are reset at once.</summary>
    public bool Refusing
    {
        get => Volatile.Read(ref _refuse) == 1;
        set => Volatile.Write(ref _refuse, value ? 1 : 0);
    }

    public void Cut()
    {
        Socket[] sockets;
        lock (_gate)
        {
            sockets = [.. _open];
        }

        foreach (var socket in sockets)
        {
            Close(socket, reset: true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        Cut();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync();
                _ = RelayAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The proxy was disposed.
            return;
        }
    }

    private async Task RelayAsync(Socket client)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        lock (_gate)
        {
            _open.Add(client);
            _open.Add(server);
        }

        try
        {
            if (!Refusing)
            {
                client.NoDelay = true;
                await server.ConnectAsync(IPAddress.Loopback, _target());
                await await Task.WhenAny(PumpAsync(client, server), PumpAsync(server, client));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One side was reset; so goes the other.
            Close(client, reset: true);
        }
        finally
        {
            Close(client, reset: Refusing);
            Close(server, reset: false);
        }
    }

    private static async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await from.ReceiveAsync(buffer)) > 0)
        {
            for (var sent = 0; sent < read;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, read - sent));
            }
        }
    }

    /// <param name="reset">True discards what is still on its way, as a death does; false lets it arrive.</param>
    private void Close(Socket socket, bool reset)
    {
        lock (_gate)
        {
            _open.Remove(socket);
        }

        try
        {
            if (reset)
            {
                socket.LingerState = new LingerOption(true, 0);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed already.
            return;
        }

        socket.Dispose();
    }
}
