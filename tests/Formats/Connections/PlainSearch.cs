using TcpTracer.Formats.Events;

namespace TcpTracer.Tests.Formats.Connections;

/// <summary>The connections of events, found by plain searches through lists. Tests compare the tracker with it.</summary>
internal static class PlainSearch
{
    private sealed class End
    {
        public List<TcpEvent> Counted { get; } = [];

        public bool MayJoin { get; set; } = true;

        public ulong Flow => Counted.Select(e => e.Flow).FirstOrDefault(f => f != 0);

        public bool HasEnded => Ends(Counted[^1].Operation);

        public bool Calls => Counted[0].Operation is Operation.Connect or Operation.ConnectFailed;

        public bool IsCalled =>
            Counted[0].Operation is Operation.Accept or Operation.Unaccepted || Counted[^1].Operation == Operation.Unaccepted;
    }

    private static bool Ends(Operation o) => o is Operation.Close or Operation.Unknown or Operation.ConnectFailed or Operation.Unaccepted;

    public static string Describe(int after, int first, int latest, int? otherFirst, int? otherLatest) =>
        $"after {after}: {first}..{latest}{(otherFirst is null ? "" : $" with {otherFirst}..{otherLatest}")}";

    private static string Describe(int after, List<End> row) => row switch
    {
        [var one] => Describe(after, one.Counted[0].Fd, one.Counted[^1].Fd, null, null),
        _ => Describe(after, row[0].Counted[0].Fd, row[0].Counted[^1].Fd, row[1].Counted[0].Fd, row[1].Counted[^1].Fd),
    };

    public static string[] Rows(IReadOnlyList<TcpEvent> events)
    {
        List<List<End>> open = [];
        List<string> rows = [];
        for (int i = 0; i < events.Count; i++)
        {
            TcpEvent e = events[i];
            List<End>? row = open.Find(r => r.Any(IsOf));
            bool IsOf(End end) => end.Counted[0].StartNs == e.StartNs && end.Counted[0].StartCpu == e.StartCpu;
            if (row is null)
                open.Add(row = [new End()]);
            End own = row.Find(x => x.Counted.Count == 0 || IsOf(x))!;
            bool knewFlow = own.Counted.Count > 0 && own.Flow != 0;
            if (own.Counted.Count == 0 || !own.HasEnded || e.IsEnd)
                own.Counted.Add(e);
            if (!knewFlow && own.Flow != 0 && row.Count == 1)
                row = Join(open, row, own);
            if (!row.All(x => x.HasEnded))
                continue;
            rows.Add(Describe(i + 1, row));
            open.Remove(row);
        }
        rows.AddRange(open.OrderBy(r => r[0].Counted[0].WallNs - (r[0].Counted[0].TimestampNs - r[0].Counted[0].StartNs))
            .Select(r => Describe(events.Count, r)));
        return [.. rows];
    }

    private static List<End> Join(List<List<End>> open, List<End> row, End own)
    {
        List<End>? other = open.Find(r => r != row && r.Any(x => x.Flow == own.Flow && x.MayJoin));
        if (other is null)
            return row;
        if (other.Count == 2)
        {
            own.MayJoin = false; // the flow has two ends already: this third end never joins
            return row;
        }
        open.Remove(row);
        End first = other[0];
        bool isOwnNear = (own.Calls && !first.Calls) || (first.IsCalled && !own.IsCalled);
        other.Clear();
        other.AddRange(isOwnNear ? [own, first] : [first, own]);
        return other;
    }
}
