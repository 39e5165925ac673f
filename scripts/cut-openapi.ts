import { readFile } from "node:fs/promises";

/**
 * Prints the part of GitHub's OpenAPI description that `test/github/` serves, without prose and examples:
 *
 *     node scripts/cut-openapi.ts path/to/api.github.com.json > test/github/openapi.json
 *
 * The full description is in the npm package `@octokit/openapi` (see test/github/openapi.md). To serve a further
 * operation, add its id here, cut again, and give it a handler in `test/github/routes.ts`.
 */
const operationIds = new Set([
  "actions/download-artifact",
  "actions/get-workflow-run",
  "actions/list-artifacts-for-repo",
  "actions/list-workflow-run-artifacts",
  "checks/create",
  "checks/get",
  "checks/list-for-ref",
  "checks/update",
  "git/create-blob",
  "git/create-commit",
  "git/create-ref",
  "git/create-tree",
  "git/delete-ref",
  "git/get-blob",
  "git/get-commit",
  "git/get-ref",
  "git/get-tree",
  "git/update-ref",
  "issues/add-labels",
  "issues/create-comment",
  "issues/delete-comment",
  "issues/get-comment",
  "issues/list-comments",
  "issues/list-labels-on-issue",
  "issues/update-comment",
  "pulls/create",
  "pulls/get",
  "pulls/list",
  "pulls/list-files",
  "pulls/merge",
  "pulls/update",
  "rate-limit/get",
  "repos/compare-commits-with-basehead",
  "repos/get",
  "repos/get-branch",
  "repos/get-content",
  "users/get-authenticated",
]);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

/** Keys that only people read. They are dropped everywhere except where they name a property of a schema. */
const prose = new Set(["description", "summary", "example", "examples", "externalDocs", "tags", "title"]);

/** Keys whose children are names chosen by GitHub and not words of OpenAPI. */
const named = new Set(["properties", "schemas", "parameters", "responses", "headers", "content", "paths"]);

function withoutProse(node: Json, childrenAreNames = false): Json {
  if (Array.isArray(node)) return node.map((item) => withoutProse(item));
  if (!isObject(node)) return node;
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(node)) {
    if (!childrenAreNames && (prose.has(key) || key.startsWith("x-"))) continue;
    kept[key] = withoutProse(value, !childrenAreNames && named.has(key));
  }
  return kept;
}

function isObject(node: Json | undefined): node is JsonObject {
  return typeof node === "object" && node !== null && !Array.isArray(node);
}

/** The wanted operations, in the order of the description. Error answers are left out: GitHub's own stray from it. */
function wantedPaths(paths: JsonObject): JsonObject {
  const kept: JsonObject = {};
  const missing = new Set(operationIds);
  for (const [path, methods] of Object.entries(paths)) {
    if (!isObject(methods)) continue;
    const operations: JsonObject = {};
    for (const [method, operation] of Object.entries(methods)) {
      if (!isObject(operation)) continue;
      const { operationId, parameters, requestBody, responses } = operation;
      if (typeof operationId !== "string" || !missing.delete(operationId)) continue;
      operations[method] = {
        operationId,
        parameters: parameters ?? [],
        ...(requestBody === undefined ? {} : { requestBody }),
        responses: Object.fromEntries(
          Object.entries(isObject(responses) ? responses : {}).filter(([status]) =>
            /^(?:2|302$)/.test(status),
          ),
        ),
      };
    }
    if (Object.keys(operations).length > 0) kept[path] = operations;
  }
  if (missing.size > 0) throw new Error(`The description lacks ${[...missing].join(", ")}.`);
  return kept;
}

/** Copies every component that `root` reaches through `$ref`, however deep. */
function reachedComponents(root: Json, components: JsonObject): JsonObject {
  const reached: { [kind: string]: JsonObject } = {};
  const waiting: Json[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (Array.isArray(node)) waiting.push(...node);
    if (!isObject(node)) continue;
    waiting.push(...Object.values(node));
    const match = typeof node.$ref === "string" ? /^#\/components\/([^/]+)\/([^/]+)$/.exec(node.$ref) : null;
    const [, kind = "", name = ""] = match ?? [];
    const group = components[kind];
    const component = isObject(group) ? group[name] : undefined;
    if (component === undefined || reached[kind]?.[name] !== undefined) continue;
    const copy = withoutProse(component);
    reached[kind] = { ...reached[kind], [name]: copy };
    waiting.push(copy);
  }
  return Object.fromEntries(
    Object.entries(reached)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([kind, group]) => [kind, sortedByKey(group)]),
  );
}

function sortedByKey(group: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(group).sort(([left], [right]) => (left < right ? -1 : 1)));
}

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("Say where the full description is: node scripts/cut-openapi.ts path/to/api.github.com.json");
  process.exitCode = 2;
} else {
  const full = JSON.parse(await readFile(file, "utf8")) as { [key: string]: JsonObject };
  const { info = {}, paths = {}, components = {} } = full;
  const cutPaths = withoutProse(wantedPaths(paths), true);
  const cut = {
    openapi: full.openapi ?? null,
    info: {
      title: "GitHub REST API, cut down",
      version: info.version ?? null,
      license: info.license ?? null,
    },
    paths: cutPaths,
    components: reachedComponents(cutPaths, components),
  };
  console.log(JSON.stringify(cut));
}
