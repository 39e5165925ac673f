import type { Config } from "../config/config.ts";
import { Failure } from "../failure.ts";
import type { Environment } from "../git/environment.ts";
import { keyKind, keyVariables } from "../models/keys.ts";
import { parseModelSpec } from "../models/spec.ts";
import { broken, ok, type Remark, warning } from "./remark.ts";

/** The models that the configuration names: whether they can be meant, and whether their keys are here, by name only. */
export function modelRemarks({ model, evaluate }: Config, environment: Environment): Remark[] {
  const roles: [role: string, spec: string][] = [["teacher", model]];
  for (const student of evaluate.students) roles.push(["student", student]);
  if (evaluate.judge !== undefined) roles.push(["judge", evaluate.judge]);
  const remarks = roles.map(([role, spec]) => modelRemark(role, spec, environment));
  if (evaluate.students.length === 0) {
    remarks.push(
      warning(
        "students",
        "No student is configured: changed skills merge without proof",
        "List models under evaluate.students in overproof.yml.",
      ),
    );
  }
  return remarks;
}

function modelRemark(role: string, text: string, environment: Environment): Remark {
  try {
    const spec = parseModelSpec(text);
    if (spec.kind === "offline") return ok(role, "offline: no model and no key");
    if (spec.kind === "command" || spec.kind === "replay") return ok(role, text);
    const variable = keyVariables[keyKind(spec)];
    if (environment[variable]?.trim()) return ok(role, `${text}: ${variable} is set`);
    // A server of one's own may need none.
    if (spec.baseUrl !== undefined)
      return ok(role, `${text}: ${variable} is not set, which some servers do without`);
    return warning(
      role,
      `${text} needs ${variable}, which is not set here`,
      `Set ${variable}; in workflows, as a secret of the repository.`,
    );
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return broken(role, error.message.replace(/\.$/, ""), error.remedy);
  }
}
