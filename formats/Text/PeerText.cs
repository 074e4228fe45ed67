using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Text;

/// <summary>Writes an end of a connection: <c>pod/shop/web-1:80</c>, or <c>10.0.0.1:80</c> if only the address is known.</summary>
public static class PeerText
{
    /// <summary>Writes an end for people.</summary>
    /// <param name="to">Gets the text.</param>
    /// <param name="peer">What it is; null: only the address is known.</param>
    /// <param name="address">Its address.</param>
    /// <param name="port">Its port.</param>
    /// <param name="arePodsPlain">Whether pods need no word for what they are, as where most ends are pods: <c>shop/web-1:80</c>.</param>
    public static void Write(TextBuffer to, Peer? peer, Address address, ushort port, bool arePodsPlain = false)
    {
        if (peer is not null)
        {
            if (!arePodsPlain || peer.Kind != PeerKind.Pod)
            {
                to.Append(WordOf(peer.Kind));
                to.Append((byte)'/');
            }
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

    /// <summary>Writes namespace and name of a pod: <c>shop/web-1</c>.</summary>
    public static void WritePod(TextBuffer to, Peer pod)
    {
        pod.Namespace.AppendText(to);
        to.Append((byte)'/');
        pod.Name.AppendText(to);
    }

    /// <summary>Writes the same as a JSON string.</summary>
    public static void WritePodJson(TextBuffer to, Peer pod) =>
        new SafeText([.. pod.Namespace.Raw, (byte)'/', .. pod.Name.Raw]).AppendJson(to);

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
