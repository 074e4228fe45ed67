namespace TcpTracer.Recorder.Workloads.Cri;

/// <summary>Reports each problem of a runtime once, and its end.</summary>
/// <param name="source">The runtime.</param>
/// <param name="receiver">Gets the reports.</param>
/// <param name="isGiven">The user named the runtime: then it is a problem if there is none.</param>
internal sealed class CriHealth(IWorkloadSource source, IWorkloadReceiver receiver, bool isGiven)
{
    private bool _hasAnswered;
    private bool _isSynced;
    private CriProblemKind? _problem;

    /// <summary>Whether the last <see cref="OnProblem"/> began a problem, and did not continue one.</summary>
    public bool IsNew { get; private set; }

    /// <summary>The runtime has answered.</summary>
    public void OnAnswer()
    {
        if (_problem is not null)
            receiver.OnRecovered(source);
        if (!_isSynced)
            receiver.OnSynced(source);
        (_hasAnswered, _isSynced, _problem) = (true, true, null);
    }

    /// <summary>A call has failed. A runtime that is restarted fails in several ways, one after the other: that is one problem.</summary>
    public void OnProblem(CriProblem problem)
    {
        IsNew = _problem is null || (!_hasAnswered && _problem != problem.Kind);
        if (!IsNew)
            return;
        _problem = problem.Kind;
        if (problem.Kind == CriProblemKind.NoRuntime && !isGiven)
            receiver.OnNothingToAsk(source, problem.Sentence);
        else
            receiver.OnProblem(source, problem.Sentence);
    }
}
