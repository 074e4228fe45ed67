namespace TcpTracer.Recorder.Workloads.Cri;

/// <summary>Reports each trouble of a runtime once, and its end.</summary>
/// <param name="source">The runtime.</param>
/// <param name="receiver">Gets the reports.</param>
/// <param name="isGiven">The user named the runtime: then it is a trouble if there is none.</param>
internal sealed class CriHealth(IWorkloadSource source, IWorkloadReceiver receiver, bool isGiven)
{
    private bool _hasAnswered;
    private bool _isSynced;
    private CriTroubleKind? _trouble;

    /// <summary>Whether the last <see cref="OnTrouble"/> began a trouble, and did not continue one.</summary>
    public bool IsNew { get; private set; }

    /// <summary>The runtime has answered.</summary>
    public void OnAnswer()
    {
        if (_trouble is not null)
            receiver.OnRecovered(source);
        if (!_isSynced)
            receiver.OnSynced(source);
        (_hasAnswered, _isSynced, _trouble) = (true, true, null);
    }

    /// <summary>A call has failed. A runtime that is restarted fails in several ways, one after the other: that is one trouble.</summary>
    public void OnTrouble(CriTrouble trouble)
    {
        IsNew = _trouble is null || (!_hasAnswered && _trouble != trouble.Kind);
        if (!IsNew)
            return;
        _trouble = trouble.Kind;
        if (trouble.Kind == CriTroubleKind.NoRuntime && !isGiven)
            receiver.OnNothingToAsk(source, trouble.Sentence);
        else
            receiver.OnTrouble(source, trouble.Sentence);
    }
}
