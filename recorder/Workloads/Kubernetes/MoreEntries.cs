using YamlDotNet.RepresentationModel;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// The entries of a kubeconfig that the library's model does not have: <c>users[].user.tokenFile</c> and
/// <c>clusters[].cluster.proxy-url</c>.
/// </summary>
internal static class MoreEntries
{
    /// <summary>The path of a token file, as it is written in the first kubeconfig that has this user; null: there is none.</summary>
    /// <param name="kubeconfigs">The texts of the files, in order.</param>
    /// <param name="user">The name of the user.</param>
    public static string? TokenFile(IEnumerable<string> kubeconfigs, string user) => Find(kubeconfigs, "users", "user", user, "tokenFile");

    /// <summary>The proxy, as it is written in the first kubeconfig that has this cluster; null: there is none.</summary>
    /// <param name="kubeconfigs">The texts of the files, in order.</param>
    /// <param name="cluster">The name of the cluster.</param>
    public static string? Proxy(IEnumerable<string> kubeconfigs, string cluster) =>
        Find(kubeconfigs, "clusters", "cluster", cluster, "proxy-url");

    private static string? Find(IEnumerable<string> kubeconfigs, string list, string kind, string name, string key)
    {
        foreach (string text in kubeconfigs)
        {
            if (!text.Contains(key, StringComparison.Ordinal))
                continue;
            foreach (YamlNode entry in (YamlText.Child(YamlText.Root(text), list) as YamlSequenceNode)?.Children ?? [])
            {
                if (YamlText.Text(YamlText.Child(entry, "name")) == name)
                    return YamlText.Text(YamlText.Child(YamlText.Child(entry, kind), key));
            }
        }
        return null;
    }
}
