using TcpTracer.Formats.Values;
using TcpTracer.Formats.Words;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Text;

/// <summary>Writes an end of a connection: <c>pod/shop/web-1:80</c>, or <c>10.0.0.1:80</c> if only the address is known.</summary>
public static class PeerText
{
    /// <summary>Writes an end for people.</summary>
    public static void Write(TextBuffer to, Peer? peer, Address address, ushort port)
    {
        if (peer is not null)
        {
            to.Append(WordOf(peer.Kind));
            to.Append((byte)'/');
            if (peer.Kind != PeerKind.Node)
            {
                peer.Namespace.AppendText(to);
                to.Append((byte)'/');
            }
            peer.Name.AppendText(to);
        }
        else if (address.Version == 4)
        {
            to.Append(address.Text);
        }
        else
        {
            to.Append((byte)'[');
            to.Append(address.Text);
            to.Append((byte)']');
        }
        to.Append((byte)':');
        to.Append((ulong)port);
    }

    /// <summary>Writes an end as a JSON object.</summary>
    public static void WriteJson(TextBuffer to, Peer peer)
    {
        to.Append("{\"kind\":\""u8);
        to.Append(WordOf(peer.Kind));
        to.Append((byte)'"');
        if (peer.Kind != PeerKind.Node)
        {
            to.Append(",\"namespace\":"u8);
            peer.Namespace.AppendJson(to);
        }
        to.Append(",\"name\":"u8);
        peer.Name.AppendJson(to);
        to.Append((byte)'}');
    }

    /// <summary>Returns the word for a kind, in UTF-8.</summary>
    public static ReadOnlySpan<byte> WordOf(PeerKind kind) => kind switch
    {
        PeerKind.Pod => "pod"u8,
        PeerKind.Service => "svc"u8,
        _ => "node"u8,
    };
}
