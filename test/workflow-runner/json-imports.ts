import { registerHooks } from "node:module";

/**
 * GitHub's workflow packages import JSON without saying that it is JSON, which Node refuses. Call this before importing
 * them; they are then to be imported by `await import(...)`.
 */
export function allowJsonImports(): void {
  if (isAllowed) return;
  isAllowed = true;
  registerHooks({
    load: (url, context, next) =>
      next(url, url.endsWith(".json") ? { ...context, importAttributes: { type: "json" } } : context),
  });
}

let isAllowed = false;
