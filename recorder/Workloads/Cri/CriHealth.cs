namespace TcpTracer.Recorder.Workloads.Cri;

/// <summary>Tells each trouble once, and its end.</summary>
/// <param name="source">Whose.</param>
/// <param name="receiver">Told.</param>
/// <param name="isGiven">The user named the runtime: then it is a trouble that there is none.</param>
internal sealed class CriHealth(IWorkloadSource source, IWorkloadReceiver receiver, bool isGiven)
{
    private bool _hasAnswered;
    private bool _isSynced;
    private CriTroubleKind? _trouble;

    /// <summary>Whether the last call was of a trouble that was not there before.</summary>
    public bool IsNew { get; private set; }

    public void OnAnswer()
    {
        if (_trouble is not null)
            receiver.OnRecovered(source);
        if (!_isSynced)
            receiver.OnSynced(source);
        (_hasAnswered, _isSynced, _trouble) = (true, true, null);
    }

    /// <summary>A runtime that is restarted fails in several ways, one after the other: that is one trouble.</summary>
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
