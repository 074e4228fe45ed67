namespace TcpTracer.Replay.Reports;

/// <summary>What a report says in words. The command makes them: sentences for people are made nowhere else.</summary>
/// <param name="Title">The heading of the page.</param>
/// <param name="Facts">What was recorded, where, and with what.</param>
/// <param name="Notices">What is missing: losses, damages, guesses, and what was added up.</param>
public sealed record ReportWords(string Title, IReadOnlyList<ReportFact> Facts, IReadOnlyList<string> Notices);

/// <summary>A fact about what was recorded.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">The fact.</param>
/// <param name="IsDetail">Whether it stands below, and not at the top of the page.</param>
public sealed record ReportFact(string Name, string Value, bool IsDetail = false);
