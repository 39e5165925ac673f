import {
  type Permission,
  type Permissions,
  readWorkflow,
  type WorkflowDocument,
  type WorkflowJob,
  type WorkflowStep,
} from "./workflow-document.ts";

/** What a rule found wrong with a workflow. Errors are holes or do not work, warnings are bad habits. */
export interface WorkflowFinding {
  rule: string;
  severity: "error" | "warning";
  /** From 1. */
  line: number;
  /** One sentence each: what is wrong, and what to do. */
  message: string;
  remedy: string;
}

/** What the Action takes. */
export interface ActionInterface {
  inputs: ReadonlySet<string>;
  /** Whether a `uses` names the Action. */
  isAction: (uses: string) => boolean;
}

/** Whether any step of a workflow is ours. */
export function usesAction(workflow: WorkflowDocument, { isAction }: ActionInterface): boolean {
  return workflow.jobs.some(({ steps }) =>
    steps.some(({ uses }) => uses !== undefined && isAction(uses.text)),
  );
}

/**
 * Holds a workflow against what it has to be where traces, skills and pull requests come from strangers: least
 * permissions with a reason each, pinned actions, no foreign text in a shell, model keys apart from write permissions,
 * and a required check that always concludes. Throws nothing: what cannot be read is a finding.
 */
export function workflowFindings(text: string, action: ActionInterface): WorkflowFinding[] {
  const read = readWorkflow(text);
  if ("problem" in read) {
    const remedy = "Correct the YAML.";
    return [{ rule: "yaml", severity: "error", line: read.line, message: `${read.problem}.`, remedy }];
  }
  const { workflow } = read;
  return [
    ...eventFindings(workflow),
    ...topPermissionFindings(workflow),
    ...requiredCheckFindings(workflow, action),
    ...workflow.jobs.flatMap((job) => [
      ...jobPermissionFindings(job),
      ...trustFindings(job),
      ...job.steps.flatMap((step) => [
        ...injectionFindings(step),
        ...pinFindings(step, action),
        ...checkoutFindings(step),
        ...inputFindings(step, action),
      ]),
    ]),
  ].sort((one, other) => one.line - other.line);
}

function eventFindings({ events }: WorkflowDocument): WorkflowFinding[] {
  if (!events.has("pull_request_target")) return [];
  return [
    {
      rule: "pull-request-target",
      severity: "error",
      line: 1,
      message: "pull_request_target gives a stranger's pull request your secrets and a token that writes.",
      remedy: "Use pull_request, and let its forks have a token that only reads.",
    },
  ];
}

function topPermissionFindings({ permissions }: WorkflowDocument): WorkflowFinding[] {
  if (permissions instanceof Map && permissions.size === 0) return [];
  return [
    {
      rule: "top-permissions",
      severity: permissions === undefined || typeof permissions === "string" ? "error" : "warning",
      line: permissions instanceof Map ? firstLine(permissions) : 1,
      message:
        permissions === undefined
          ? "The workflow does not say what its token may do, and gets the repository's default."
          : "Every job of the workflow gets the permissions of its top.",
      remedy: "Write permissions: {} at the top, and under each job what it needs.",
    },
  ];
}

function firstLine(permissions: Map<string, Permission>): number {
  return Math.min(...[...permissions.values()].map(({ line }) => line));
}

function jobPermissionFindings({ id, line, permissions }: WorkflowJob): WorkflowFinding[] {
  const missing: WorkflowFinding = {
    rule: "job-permissions",
    severity: "warning",
    line,
    message: `The job ${id} does not say what its token may do.`,
    remedy: "Write permissions under it, each with its reason; permissions: {} where it needs none.",
  };
  if (permissions === undefined) return [missing];
  if (typeof permissions === "string") {
    const message = `The job ${id} asks for ${permissions}.`;
    return [{ ...missing, severity: "error", message }];
  }
  return [...permissions].flatMap(([name, permission]): WorkflowFinding[] =>
    permission.reason !== undefined
      ? []
      : [
          {
            rule: "permission-reason",
            severity: "warning",
            line: permission.line,
            message: `The job ${id} does not say why it needs ${name}: ${permission.access}.`,
            remedy: "Write the reason behind it, as a comment.",
          },
        ],
  );
}

function mayWrite(permissions: Permissions): boolean {
  if (permissions === undefined) return true;
  if (typeof permissions === "string") return permissions !== "read-all";
  return [...permissions.values()].some(({ access }) => access === "write");
}

/** Inputs that hold the key of a model. */
const keyInputs = ["anthropic-api-key", "openai-api-key", "model-api-key"];

function trustFindings(job: WorkflowJob): WorkflowFinding[] {
  const findings: WorkflowFinding[] = [];
  const keys = job.steps.flatMap((step) => keyInputs.flatMap((name) => step.with.get(name) ?? []));
  const [key] = keys.filter(({ text }) => text !== "");
  if (key !== undefined && mayWrite(job.permissions)) {
    findings.push({
      rule: "split-trust",
      severity: "error",
      line: key.line,
      message: `The job ${job.id} holds the key of a model and may write to the repository.`,
      remedy: "Let one job call the model and hand over a proposal, and another one write.",
    });
  }
  const secret = job.texts.find(({ text }) => /\bsecrets\s*[.[]/.test(text));
  if (secret !== undefined && job.labels.includes("self-hosted")) {
    findings.push({
      rule: "self-hosted-secret",
      severity: "error",
      line: secret.line,
      message: `The job ${job.id} hands a secret to a machine of your own, where code of strangers runs.`,
      remedy: "Ask the models in a job on a hosted runner, and hand over what they wrote.",
    });
  }
  return findings;
}

/** What nobody from outside can choose. */
const harmless =
  /^(?:github\.(?:sha|run_id|run_number|run_attempt|repository|repository_id|repository_owner|server_url|api_url|event_name|workspace|action_path)|runner\.[a-z_]+|job\.status|job\.workflow_(?:sha|repository))$/;

function injectionFindings({ scripts }: WorkflowStep): WorkflowFinding[] {
  return scripts.flatMap(({ text, line }) =>
    [...text.matchAll(/\$\{\{([\s\S]*?)\}\}/g)].flatMap((match): WorkflowFinding[] => {
      const [, expression = ""] = match;
      if (harmless.test(expression.trim())) return [];
      return [
        {
          rule: "injection",
          severity: "error",
          line: line + text.slice(0, match.index).split("\n").length - 1,
          message: `A script contains \${{ ${expression.trim()} }}: what it stands for is run as code.`,
          remedy: 'Hand it over as a variable under env, and write "$NAME" in the script.',
        },
      ];
    }),
  );
}

function pinFindings({ uses, usesComment }: WorkflowStep, { isAction }: ActionInterface): WorkflowFinding[] {
  if (uses === undefined || /^(?:\.|\$)\//.test(uses.text) || isAction(uses.text)) return [];
  const [name = "", ref = ""] = uses.text.split("@");
  const isPinned = name.startsWith("docker://")
    ? /^sha256:[0-9a-f]{64}$/.test(ref)
    : /^[0-9a-f]{40}$/.test(ref);
  const finding = { rule: "pin", line: uses.line };
  if (!isPinned) {
    return [
      {
        ...finding,
        severity: "error",
        message: `${uses.text} can become another program from one day to the next.`,
        remedy: "Name it by the full digest of a commit, with its version behind it as a comment.",
      },
    ];
  }
  if (/\bv?\d+(?:\.\d+)*/.test(usesComment ?? "")) return [];
  const message = `Nobody sees which version of ${name} this is.`;
  return [{ ...finding, severity: "warning", message, remedy: "Write the version behind it, as a comment." }];
}

function checkoutFindings(step: WorkflowStep): WorkflowFinding[] {
  if (step.uses?.text.startsWith("actions/checkout@") !== true) return [];
  if (step.with.get("persist-credentials")?.text === "false") return [];
  return [
    {
      rule: "persist-credentials",
      severity: "error",
      line: step.uses?.line ?? step.line,
      message: "The checkout leaves its token for every later step.",
      remedy: "Write persist-credentials: false under with.",
    },
  ];
}

function inputFindings(step: WorkflowStep, { inputs, isAction }: ActionInterface): WorkflowFinding[] {
  if (step.uses === undefined || !isAction(step.uses.text)) return [];
  const findings = [...step.with]
    .filter(([name]) => !inputs.has(name))
    .map(([name, { line }]): WorkflowFinding => ({
      rule: "unknown-input",
      severity: "error",
      line,
      message: `The Action has no input ${name}.`,
      remedy: "Correct the name; action.yml lists all of them.",
    }));
  if (step.with.has("command")) return findings;
  const remedy = "Write command under with.";
  const message = "The step does not say what to do.";
  return [...findings, { rule: "no-command", severity: "error", line: step.uses.line, message, remedy }];
}

/** What leaves a required check pending for ever, or open where it should say no. */
function requiredCheckFindings(workflow: WorkflowDocument, { isAction }: ActionInterface): WorkflowFinding[] {
  const gate = workflow.jobs.find(({ steps }) =>
    steps.some(
      ({ uses, with: given }) => isAction(uses?.text ?? "") && given.get("command")?.text === "gate",
    ),
  );
  if (gate === undefined) return [];
  const findings: WorkflowFinding[] = [];
  for (const event of ["pull_request", "merge_group"]) {
    for (const [key, line] of workflow.events.get(event) ?? []) {
      if (!/^(?:paths|branches)/.test(key)) continue;
      findings.push({
        rule: "filtered-check",
        severity: "error",
        line,
        message: `${key} of ${event} leaves the required check pending for ever where it does not fit.`,
        remedy: "Leave it out: without a changed skill the check passes at once.",
      });
    }
  }
  if (workflow.events.has("pull_request") && !workflow.events.has("merge_group")) {
    const message = "In a merge queue the required check would never begin.";
    const remedy = "Write merge_group: under on.";
    findings.push({ rule: "merge-group", severity: "warning", line: 1, message, remedy });
  }
  if (gate.needs.length > 0 && !/\balways\(\)/.test(gate.condition ?? "")) {
    findings.push({
      rule: "always",
      severity: "error",
      line: gate.line,
      message: `The job ${gate.id} is skipped when one before it fails, and a skipped check counts as passed.`,
      remedy: "Write if: always() under it.",
    });
  }
  return findings;
}
