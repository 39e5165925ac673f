import type { ConversationTrace } from "../traces/akg-conversation.ts";
import type { Timeline } from "./action-timeline.ts";
import { type Branch, wholeBranches } from "./conversation-branches.ts";
import type { TuningHistory, TuningStep } from "./expert-advice.ts";

/** The value of `collected_data.json` of a conversation. Code and sections stand in the timeline. */
export function conversationData(
  trace: ConversationTrace,
  branches: readonly Branch[],
  history: TuningHistory,
  timeline: Timeline,
) {
  const { digest, metadata, nodes, rejects } = trace;
  const whole = wholeBranches(branches, (id) => nodes.get(id)?.hasFile ?? false);
  const { calls, used, leftOut, isOverLimit, text } = timeline;
  return {
    mode: "expert_tuning",
    digest,
    metadata,
    branches: whole.paths,
    branches_left_out: whole.leftOut,
    /** Nodes without a file of their own, or without actions in it; their actions were read from `trace.json`. */
    recovered: [...nodes.values()].flatMap((node) => (node.file === "trace.json" ? node.id : [])),
    advice: history.steps.flatMap(adviceRows),
    unfollowed: history.unfollowed.map(({ node, text: words }) => ({ ask_node: node, advice: words })),
    best_us: history.best?.time.us ?? null,
    same_code_spread: history.spread ?? null,
    timeline: { chars: text.length, calls, used, left_out: leftOut, is_over_limit: isOverLimit },
    rejects,
  };
}

function adviceRows({ advice, before, after, timeBefore, timeAfter, effect, diff }: TuningStep) {
  const said = advice.length > 0 ? advice : [undefined];
  return said.map((words) => ({
    ask_node: words?.node ?? null,
    advice: words?.text ?? null,
    from_node: before?.node ?? null,
    code_node: after.node,
    profile_node: timeAfter?.node ?? null,
    before_us: timeBefore?.us ?? null,
    after_us: timeAfter?.us ?? null,
    effect,
    diff: diff ?? null,
  }));
}
