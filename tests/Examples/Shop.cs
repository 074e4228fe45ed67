using System.Diagnostics;
using System.Text.Json.Nodes;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Kubernetes;
using TcpTracer.Tests.Workloads;

namespace TcpTracer.Tests.Examples;

/// <summary>
/// A small shop on one node of a cluster. It has real pods, services by real address translation as kube-proxy makes them, and an API that
/// knows them. Some things go wrong: nobody listens on the port of service "reviews"; the database handles one connection at a time, and
/// its queue is short; the payment provider does not answer any more after <see cref="BlockPayments"/>; the cache resets its
/// subscribers after a while.
/// </summary>
internal sealed class Shop : IDisposable
{
    private const string Front = "10.96.12.40:80", Cart = "10.96.40.17:80", Orders = "10.96.81.201:80", Reviews = "10.96.33.9:80";
    private const string Db = "10.96.7.20:5432", Cache = "10.96.55.3:6379", Dns = "10.96.0.10:53", Payments = "203.0.113.10:443";
    private const string Browser = "198.51.100.23";

    private readonly ContainerdHost _host = new();
    private readonly KubernetesCluster _cluster = new();
    private readonly TemporaryFolder _folder = new();
    private readonly List<Process> _outside = [];
    private readonly List<ShopPod> _pods = [];
    private ShopPod _traefik = null!, _web = null!, _cart = null!, _orders = null!;

    /// <summary>The program that runs in all pods.</summary>
    public static string Service { get; } = Path.Combine(TcptracerProgram.Repository, "artifacts", "shop-service");

    public Shop()
    {
        try
        {
            Open();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void Open()
    {
        PutNode();
        _traefik = Pod("kube-system/traefik-5c6fbbc6b7-k9wlm", "ReplicaSet/traefik-5c6fbbc6b7", "app=traefik,pod-template-hash=5c6fbbc6b7")
            .Serve("rancher/mirrored-library-traefik:3.3.6", "traefik", 8000, 8, 64, $"/ 5120 {Front}/:310",
                $"/checkout 900 {Front}/checkout:540");
        ShopPod dns = Pod("kube-system/coredns-5d78c9869d-7wkfz", "ReplicaSet/coredns-5d78c9869d",
            "k8s-app=kube-dns,pod-template-hash=5d78c9869d")
            .Serve("registry.k8s.io/coredns/coredns:v1.11.3", "coredns", 53, 4, 64, "/a 112");
        _web = Pod("shop/web-7d4b9c6f8d-x2x9k", "ReplicaSet/web-7d4b9c6f8d", "app=web,tier=front,pod-template-hash=7d4b9c6f8d")
            .Serve("shop/web:4.2", "nginx", 8080, 8, 64, $"/ 4800 {Dns}/a:38 {Cart}/cart:210 {Reviews}/reviews:190",
                $"/checkout 830 {Dns}/a:38 {Orders}/orders:620", "/healthz 120");
        _cart = Pod("shop/cart-5c9f7b6d4-q8t2m", "ReplicaSet/cart-5c9f7b6d4", "app=cart,tier=middle,pod-template-hash=5c9f7b6d4")
            .Serve("shop/cart:1.9", "cart", 8080, 4, 64, $"/cart 1450 {Cache}/get:96", "/healthz 120");
        _orders = Pod("shop/orders-6b8d5c7f9-n4k7z", "ReplicaSet/orders-6b8d5c7f9", "app=orders,tier=middle,pod-template-hash=6b8d5c7f9")
            .Serve("shop/orders:2.0", "orders", 8080, 8, 64, $"/orders 640 {Db}/insert:850 {Payments}/charge:480", "/healthz 120");
        ShopPod reviews = Pod("shop/reviews-84c6d59b7c-v6hxs", "ReplicaSet/reviews-84c6d59b7c",
            "app=reviews,tier=middle,pod-template-hash=84c6d59b7c")
            .Serve("shop/reviews:0.3", "reviews", 9090, 4, 64, "/reviews 2000");
        ShopPod cache = Pod("shop/cache-0", "StatefulSet/cache", "app=cache,tier=back")
            .Serve("redis:7.4", "redis-server", 6379, 4, 64, "/get 1208", "/subscribe 0 reset:12");
        ShopPod db = Pod("shop/db-0", "StatefulSet/db", "app=db,tier=back")
            .Serve("postgres:17", "postgres", 5432, 1, 1, "/insert 220 sleep:8", "/report 48200 sleep:900");
        Connect([("kube-dns", Dns, dns, 53), ("web", Front, _web, 8080), ("cart", Cart, _cart, 8080), ("orders", Orders, _orders, 8080),
            ("reviews", Reviews, reviews, 8080), ("cache", Cache, cache, 6379), ("db", Db, db, 5432)]);
        ServePayments();
    }

    private ShopPod Pod(string name, string owner, string labels)
    {
        var pod = new ShopPod(_host, _cluster.Server.Pods.Put, name, owner, labels);
        _pods.Add(pod);
        return pod;
    }

    private void PutNode()
    {
        JsonObject node = ApiBodies.Load("node-worker");
        node["status"]!["nodeInfo"]!["bootID"] = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        node["status"]!["addresses"] = new JsonArray(new JsonObject { ["type"] = "InternalIP", ["address"] = ContainerdHost.NodeAddress });
        _cluster.Server.Nodes.Put(node);
    }

    /// <summary>
    /// Adds the services to the API and to the node's address translation. Pods reach each other through the node, so that answers come
    /// from the address that was asked.
    /// </summary>
    private void Connect((string Name, string At, ShopPod To, int Port)[] services)
    {
        var rules = new List<string>();
        foreach ((string name, string at, ShopPod to, int port) in services)
        {
            string[] end = at.Split(':');
            JsonObject body = ApiBodies.Load("service-web");
            (body["metadata"]!["name"], body["metadata"]!["uid"]) = (name, ApiBodies.UidOf(name));
            body["metadata"]!["namespace"] = name == "kube-dns" ? "kube-system" : "shop";
            (body["spec"]!["clusterIP"], body["spec"]!["clusterIPs"]) = (end[0], new JsonArray(end[0]));
            _cluster.Server.Services.Put(body);
            rules.Add($"ip daddr {end[0]} tcp dport {end[1]} dnat to {to.Address}:{port};");
        }
        File.WriteAllText(_folder.File("rules"), $$"""
            table ip shop {
                chain services { type nat hook prerouting priority dstnat; {{string.Join(' ', rules)}} }
                chain denied { type filter hook prerouting priority filter; }
            }
            """);
        Do($"ip addr add {Browser}/32 dev lo; ip addr add {Payments.Split(':')[0]}/32 dev lo; "
            + "for f in /proc/sys/net/ipv4/conf/*/send_redirects; do echo 0 >$f; done; "
            + $"echo 1 >/proc/sys/net/ipv4/ip_forward; nft -f {_folder.File("rules")}");
        foreach (ShopPod pod in _pods)
            RouteThroughNode(pod);
        // give up after three seconds instead of two minutes
        Must("nsenter --net=$1 sh -c 'echo 1 >/proc/sys/net/ipv4/tcp_syn_retries'", _orders.Netns);
    }

    private static void RouteThroughNode(ShopPod pod) => Must(
        $"nsenter --net=$1 sh -c 'ip route replace {ContainerdHost.NodeAddress} dev eth0 scope link && ip route replace default via "
            + $"{ContainerdHost.NodeAddress} && ip route del 10.88.77.0/24'", pod.Netns);

    /// <summary>Runs a script in the node's own network.</summary>
    private void Do(string script) => Must($"nsenter --net=/run/netns/$1 bash -ec '{script}'", _host.Netns);

    private static void Must(string script, params string[] arguments)
    {
        RunResult run = Shell.Run(script, arguments);
        if (run.ExitCode != 0)
            throw new InvalidOperationException($"{script}: {run.Errors}");
    }

    /// <summary>Starts a process outside of all pods, under a name of its own.</summary>
    private Process Outside(string command, params string[] arguments)
    {
        if (!File.Exists(_folder.File(command)))
            File.CreateSymbolicLink(_folder.File(command), Service);
        return Process.Start("nsenter", [$"--net=/run/netns/{_host.Netns}", _folder.File(command), .. arguments]);
    }

    private void ServePayments() => _outside.Add(Outside("payments", "serve", "443", "4", "64", "/charge 300 sleep:40"));

    /// <summary>Starts the recorder as on a node: the runtime's socket is at its usual place, and there is a kubeconfig.</summary>
    public TcptracerProgram Record(string folder, params string[] arguments) => TcptracerProgram.StartWatchingUnder(
        ["unshare", "-m", "sh", "-c", """
            cd $1 && export KUBECONFIG=$2 && mount -t tmpfs none /run && mkdir /run/containerd &&
            ln -s $3 /run/containerd/containerd.sock && shift 3 && exec "$@"
            """, "sh", folder, _cluster.Kubeconfig(), _host.Socket],
        ["record", .. arguments]);

    /// <summary>A browser asks for pages, one after the other.</summary>
    public void Browse(params string[] pages)
    {
        using Process browser = StartBrowsing(pages);
        browser.WaitForExit();
    }

    /// <summary>Several browsers ask for pages at once.</summary>
    public void BrowseAtOnce(int browsers, params string[] pages)
    {
        Process[] all = [.. Enumerable.Range(0, browsers).Select(_ => StartBrowsing(pages))];
        Array.ForEach(all, b => b.WaitForExit());
    }

    private Process StartBrowsing(string[] pages) =>
        Outside("firefox", ["ask", Browser, .. pages.SelectMany(p => new[] { $"{_traefik.Address}:8000{p}:420", "sleep:250" })]);

    /// <summary>The node's health checks connect to its pods.</summary>
    public void Probe()
    {
        using Process kubelet =
            Outside("kubelet", ["ask", "-", .. new[] { _web, _cart, _orders }.Select(p => $"{p.Address}:8080/healthz:110")]);
        kubelet.WaitForExit();
    }

    /// <summary>
    /// The sidecar of "cart" keeps a connection to the cache, which resets it after some seconds. Returns an action that waits for that.
    /// </summary>
    public Action Subscribe()
    {
        string sync = _cart.Run("sync", "shop/cart-sync:1.0", "cart-sync", "ask", "-", $"hold:{Cache}/subscribe");
        return () => _cart.AwaitEnd(sync);
    }

    /// <summary>
    /// A job that runs for a second, and keeps the database busy with one query. Returns an action that waits for its end.
    /// </summary>
    public Action StartReport()
    {
        ShopPod report = Pod("shop/report-29412345-hx2lw", "Job/report-29412345", "app=report,job-name=report-29412345");
        string psql = report.Run("psql", "postgres:17", "psql", "ask", "-", "sleep:300", $"{Db}/report:2100");
        RouteThroughNode(report);
        return () => report.AwaitEnd(psql);
    }

    /// <summary>Drops all packets to the payment provider, as a network policy would.</summary>
    public void BlockPayments() => Do($"nft add rule ip shop denied ip daddr {Payments.Split(':')[0]} drop");

    public void Dispose()
    {
        foreach (Process process in _outside)
            process.Kill();
        _host.Dispose();
        _cluster.Dispose();
        _folder.Dispose();
    }
}
