import { Script } from "node:vm";

/** A pattern that needs longer, in milliseconds, is one that backtracks for ever. */
const longest = 1000;

const script = new Script("new RegExp(pattern, flags).test(text)");

/**
 * Whether a regular expression from outside matches; undefined when it takes too long. Only in a script of its own can
 * a match be interrupted; nothing but the three texts goes in, and a boolean comes out.
 */
export function matchesWithin(pattern: string, flags: string, text: string): boolean | undefined {
  try {
    return script.runInNewContext({ __proto__: null, pattern, flags, text }, { timeout: longest }) === true;
  } catch (error) {
    // The error belongs to the script's own realm, where `Error` is another class.
    const { code } = error as { code?: unknown };
    if (code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return undefined;
    throw error;
  }
}

/** Whether a text is a regular expression with these flags. */
export function isPattern(pattern: string, flags = ""): boolean {
  try {
    return new RegExp(pattern, flags).source !== "";
  } catch {
    return false;
  }
}
