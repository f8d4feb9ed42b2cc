using CodexOS.Knowledge.Contracts;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;

namespace CodexOS.Knowledge.Bases;

/// <summary>A step of a run that works on one knowledge base.</summary>
internal interface IBaseStep
{
    /// <summary>The knowledge base.</summary>
    KnowledgeBaseId Base { get; }
}

/// <summary>What a run of one base may touch: that base. The grants of runs that may touch more say this too.</summary>
/// <param name="Base">The knowledge base.</param>
internal sealed record BaseGrant(KnowledgeBaseId Base)
{
    /// <summary>Lets a step work on the base that its run was started for, and on no other.</summary>
    public static GateVerdict Judge<TStep>(EffectCall call, RepeatClass repeat)
        where TStep : class, IBaseStep
    {
        if (Json.TryRead<TStep>(call.Input) is not { } step) return new GateVerdict.Refuse(KnowledgeFaults.BadStep);
        return Json.TryRead<BaseGrant>(call.Grant)?.Base == step.Base
            ? new GateVerdict.Allow(repeat)
            : new GateVerdict.Refuse(KnowledgeFaults.NotGranted);
    }
}
