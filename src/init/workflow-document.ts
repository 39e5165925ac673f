import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, visit } from "yaml";

/** A text of a workflow with the line (1-based) that it begins on. */
export interface Placed {
  text: string;
  line: number;
}

export interface WorkflowStep {
  line: number;
  condition: string | undefined;
  uses: Placed | undefined;
  /** What stands behind `uses` as a comment, without the mark. */
  usesComment: string | undefined;
  with: Map<string, Placed>;
  /** What a shell or a script engine runs. */
  scripts: Placed[];
}

export interface Permission {
  access: string;
  line: number;
  /** The comment that stands behind it. */
  reason: string | undefined;
}

/** Permissions by name; one word, such as `read-all`, where it stands for all of them; undefined where nothing is said. */
export type Permissions = Map<string, Permission> | string | undefined;

export interface WorkflowJob {
  id: string;
  line: number;
  condition: string | undefined;
  needs: string[];
  permissions: Permissions;
  /** A reusable workflow that the job is; undefined for one with steps. */
  uses: Placed | undefined;
  /** What stands under `runs-on`. */
  labels: string[];
  steps: WorkflowStep[];
  /** Every text in it. */
  texts: Placed[];
}

/** A workflow as far as rules ask about it. */
export interface WorkflowDocument {
  /** Events by name, with what narrows them (`paths`) and the lines of it. */
  events: Map<string, Map<string, number>>;
  permissions: Permissions;
  jobs: WorkflowJob[];
}

export type ReadWorkflow = { workflow: WorkflowDocument } | { problem: string; line: number };

type LineOf = (node: unknown) => number;

/** Reads a workflow, or says what is wrong with its YAML, and where. Throws nothing. */
export function readWorkflow(text: string): ReadWorkflow {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const problem = error.message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "");
    return { problem: problem ?? "It is no YAML", line: lines.linePos(error.pos[0]).line };
  }
  const lineOf: LineOf = (node) => {
    const start = (node as Partial<Node> | null | undefined)?.range?.[0];
    return start === undefined ? 1 : lines.linePos(start).line;
  };
  const root = document.contents;
  const jobs = isMap(root) ? root.get("jobs", true) : undefined;
  if (!isMap(root) || !isMap(jobs)) return { problem: "It has no jobs", line: 1 };
  return {
    workflow: {
      events: eventsOf(root.get("on", true), lineOf),
      permissions: permissionsOf(root.get("permissions", true), lineOf),
      jobs: jobs.items.map((pair) => jobOf(pair, lineOf)),
    },
  };
}

/** One event, a list of them, or a mapping with what narrows each. */
function eventsOf(node: unknown, lineOf: LineOf): WorkflowDocument["events"] {
  const events: WorkflowDocument["events"] = new Map();
  if (isScalar(node)) events.set(String(node.value), new Map());
  if (isSeq(node)) for (const item of node.items) events.set(textOf(item) ?? "", new Map());
  if (!isMap(node)) return events;
  for (const { key, value } of node.items) {
    const keys = isMap(value)
      ? value.items.map((pair): [string, number] => [keyOf(pair), lineOf(pair.key)])
      : [];
    events.set(textOf(key) ?? "", new Map(keys));
  }
  return events;
}

function permissionsOf(node: unknown, lineOf: LineOf): Permissions {
  if (isScalar(node)) return String(node.value);
  if (!isMap(node)) return undefined;
  return new Map(
    node.items.map((pair): [string, Permission] => [
      keyOf(pair),
      { access: textOf(pair.value) ?? "", line: lineOf(pair.key), reason: commentOf(pair.value) },
    ]),
  );
}

function jobOf(pair: Pair, lineOf: LineOf): WorkflowJob {
  const { value: job } = pair;
  const id = keyOf(pair);
  const line = lineOf(pair.key);
  if (!isMap(job)) {
    const none = { condition: undefined, permissions: undefined, uses: undefined };
    return { id, line, needs: [], labels: [], steps: [], texts: [], ...none };
  }
  const steps = job.get("steps", true);
  return {
    id,
    line,
    condition: textOf(job.get("if", true)),
    needs: listOf(job.get("needs", true)),
    permissions: permissionsOf(job.get("permissions", true), lineOf),
    uses: placedText(job.get("uses", true), lineOf),
    labels: listOf(job.get("runs-on", true)),
    steps: isSeq(steps) ? steps.items.map((step) => stepOf(step, lineOf)) : [],
    texts: textsIn(job, lineOf),
  };
}

function stepOf(step: unknown, lineOf: LineOf): WorkflowStep {
  const found: WorkflowStep = {
    line: lineOf(step),
    condition: undefined,
    uses: undefined,
    usesComment: undefined,
    with: new Map(),
    scripts: [],
  };
  if (!isMap(step)) return found;
  const uses = step.get("uses", true);
  found.condition = textOf(step.get("if", true));
  found.uses = placedText(uses, lineOf);
  found.usesComment = commentOf(uses);
  const given = step.get("with", true);
  if (isMap(given)) {
    for (const pair of given.items) {
      found.with.set(keyOf(pair), { text: textOf(pair.value) ?? "", line: lineOf(pair.key) });
    }
  }
  const run = placedText(step.get("run", true), lineOf);
  if (run !== undefined) found.scripts.push(run);
  // actions/github-script and its like run an input.
  const script = found.with.get("script");
  if (script !== undefined) found.scripts.push(script);
  return found;
}

function textsIn(node: Node, lineOf: LineOf): Placed[] {
  const texts: Placed[] = [];
  visit(node, {
    Scalar(_, scalar) {
      if (typeof scalar.value === "string") texts.push({ text: scalar.value, line: lineOf(scalar) });
    },
  });
  return texts;
}

function listOf(node: unknown): string[] {
  if (isSeq(node)) return node.items.map((item) => textOf(item) ?? "");
  const one = textOf(node);
  if (one !== undefined) return [one];
  // A runner group has its labels below it.
  return isMap(node) ? listOf(node.get("labels", true)) : [];
}

function placedText(node: unknown, lineOf: LineOf): Placed | undefined {
  const text = textOf(node);
  return text === undefined ? undefined : { text, line: lineOf(node) };
}

function keyOf({ key }: Pair): string {
  return textOf(key) ?? "";
}

function textOf(node: unknown): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined;
  // As it is written: 1.10 and true are texts here.
  return typeof node.value === "string" ? node.value : (node.source ?? JSON.stringify(node.value));
}

function commentOf(node: unknown): string | undefined {
  const comment = isScalar(node) || isMap(node) ? node.comment?.trim() : undefined;
  return comment === "" ? undefined : (comment ?? undefined);
}
