import { usageFailure } from "../failure.ts";

/** One of the allowed words. Throws `Failure` (exit code 2) that names them. */
export function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  const problem = value === "" ? `The input ${name} is empty.` : `The input ${name} is "${value}".`;
  throw usageFailure(problem, `Write ${allowed.slice(0, -1).join(", ")} or ${allowed.at(-1)}.`);
}

/** The lines of an input that holds a list, without empty ones. */
export function lines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Undefined for an input that is not set. Throws `Failure` (exit code 2). */
export function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw usageFailure(`The input ${name} is "${text}".`, "Write a whole number.");
}

/** Undefined for an input that is not set. Throws `Failure` (exit code 2). */
export function positiveNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0) return Number(text);
  throw usageFailure(`The input ${name} is "${text}".`, "Write a number above 0.");
}

/** False for an input that is not set. Throws `Failure` (exit code 2). */
export function flag(name: string, value: string): boolean {
  const text = value.trim().toLowerCase();
  if (text === "true") return true;
  if (text === "false" || text === "") return false;
  throw usageFailure(`The input ${name} is "${value}".`, "Write true or false.");
}
