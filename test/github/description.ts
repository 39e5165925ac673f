import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import formats from "ajv-formats";
import type { Query } from "./route.ts";

/** GitHub's own description of its REST API, cut down by `scripts/cut-openapi.ts`. */
const description = JSON.parse(
  readFileSync(resolve(import.meta.dirname, "openapi.json"), "utf8"),
) as Description;

interface Description {
  paths: Record<string, Record<string, OperationObject>>;
  components: { parameters: Record<string, ParameterObject>; schemas: Record<string, unknown> };
}

interface OperationObject {
  operationId: string;
  parameters: (ParameterObject | { $ref: string })[];
  requestBody?: { required?: boolean; content: Record<string, { schema: unknown }> };
  responses: Record<string, { content?: Record<string, { schema: unknown }> }>;
}

interface ParameterObject {
  name: string;
  in: "path" | "query";
  required?: boolean;
  schema: Record<string, unknown>;
}

/** One operation with the checks that its description asks for; each check returns what is wrong, in words. */
export interface Operation {
  id: string;
  method: string;
  /** The names and decoded values of the path's parameters; `undefined` when the path is another. */
  match(path: string): Record<string, string> | undefined;
  /** Turns numbers and booleans of the query into what they are, in place, and fills in defaults. */
  checkQuery(query: Query): string[];
  checkBody(body: unknown): string[];
  checkAnswer(status: number, body: unknown): string[];
}

const ajv = formats.default(new Ajv({ strict: false, allErrors: true, logger: false }));
const coercingAjv = formats.default(new Ajv({ strict: false, coerceTypes: true, useDefaults: true }));
// The id is a stem for `$ref`: schemas point to each other by `#/components/...`.
ajv.addSchema({ $id: "github", ...(prepared(description) as object) });

/**
 * OpenAPI 3.0 in the words of JSON Schema: `nullable` without `type` has no meaning to ajv.
 * In request bodies a key that GitHub does not describe is refused; GitHub would ignore it, and a misspelt key with it.
 */
function prepared(node: unknown, inRequest = false): unknown {
  if (Array.isArray(node)) return node.map((item) => prepared(item, inRequest));
  if (typeof node !== "object" || node === null) return node;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node))
    copy[key] = prepared(value, inRequest || key === "requestBody");
  if (inRequest && copy.type === "object" && "properties" in copy) copy.additionalProperties ??= false;
  if (copy.nullable === true && !("type" in copy)) {
    const { nullable: _, ...rest } = copy;
    return { anyOf: [rest, { type: "null" }] };
  }
  return copy;
}

/** Parameters that may hold slashes, because they end their path. */
const greedy = new Set(["ref", "path", "branch", "basehead"]);

function pathPattern(template: string): RegExp {
  const source = template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    greedy.has(name) ? `(?<${name}>.+)` : `(?<${name}>[^/]+)`,
  );
  return new RegExp(`^${source}$`);
}

function queryCheck(operation: OperationObject): ValidateFunction {
  const inQuery = operation.parameters
    .map((parameter) => ("$ref" in parameter ? component(parameter.$ref) : parameter))
    .filter((parameter) => parameter.in === "query");
  return coercingAjv.compile({
    type: "object",
    properties: Object.fromEntries(inQuery.map(({ name, schema }) => [name, schema])),
    required: inQuery.filter(({ required }) => required === true).map(({ name }) => name),
    additionalProperties: false,
  });
}

function component(reference: string): ParameterObject {
  const name = reference.slice(reference.lastIndexOf("/") + 1);
  const parameter = description.components.parameters[name];
  if (parameter === undefined) throw new Error(`openapi.json lacks ${reference}.`);
  return parameter;
}

function problems(check: ValidateFunction, value: unknown): string[] {
  if (check(value)) return [];
  return (check.errors ?? []).map((error: ErrorObject) => {
    const detail =
      "additionalProperty" in error.params ? ` (${String(error.params.additionalProperty)})` : "";
    return `${error.instancePath || "/"} ${error.message ?? ""}${detail}`;
  });
}

/** Compiles on first use: a test file needs few of the operations, and compiling all takes most of a second. */
function lazily(make: () => ValidateFunction): () => ValidateFunction {
  let made: ValidateFunction | undefined;
  return () => (made ??= make());
}

function pointer(...steps: string[]): string {
  return `github#/${steps.map((step) => step.replaceAll("~", "~0").replaceAll("/", "~1")).join("/")}`;
}

function operationOf(template: string, method: string, operation: OperationObject): Operation {
  const pattern = pathPattern(template);
  const query = lazily(() => queryCheck(operation));
  const json = "application/json";
  const at = (...steps: string[]): ValidateFunction =>
    ajv.compile({ $ref: pointer("paths", template, method, ...steps, "content", json, "schema") });
  const body = lazily(() => at("requestBody"));
  const answers = new Map(
    Object.keys(operation.responses).map((status) => [status, lazily(() => at("responses", status))]),
  );
  return {
    id: operation.operationId,
    method: method.toUpperCase(),
    match(path) {
      const match = pattern.exec(path);
      if (match === null) return undefined;
      return Object.fromEntries(
        Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
      );
    },
    checkQuery: (given) => problems(query(), given),
    checkBody(given) {
      const described = operation.requestBody;
      if (described === undefined) return given === undefined ? [] : ["/ a body where none is described"];
      if (given === undefined) return described.required === true ? ["/ the body is missing"] : [];
      return problems(body(), given);
    },
    checkAnswer(status, given) {
      const check = answers.get(String(status));
      if (check === undefined) return [`/ status ${status} is not described`];
      if (operation.responses[String(status)]?.content === undefined) {
        return given === undefined ? [] : ["/ a body where none is described"];
      }
      return problems(check(), given);
    },
  };
}

/** Every described operation, by GitHub's name for it. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries(description.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => [
      operation.operationId,
      operationOf(template, method, operation),
    ]),
  ),
);
