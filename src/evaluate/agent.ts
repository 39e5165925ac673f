import { isAbsolute, resolve } from "node:path";
import type { AgentSettings } from "../config/agent.ts";
import { sha256 } from "../digest.ts";

/** An agent of the configuration. */
export interface Agent {
  settings: AgentSettings;
  /** SHA-256 of its settings as they are written, so that it is the same on every machine; without what a run costs. */
  digest: string;
  /** A name to be found on PATH, or an absolute path. */
  program: string;
  /** What it may read though it lies where agents see nothing; absolute. */
  readable: readonly string[];
}

/** Agents by their specs, such as `command:claude`. */
export type Agents = ReadonlyMap<string, Agent>;

/** The agents of a configuration; what is named by a relative path lies below its `folder`. */
export function agentsOf(settings: Readonly<Record<string, AgentSettings>>, folder: string): Agents {
  return new Map(
    Object.entries(settings).map(([name, one]) => {
      const [named = ""] = one.command;
      const program = named.includes("/") && !isAbsolute(named) ? resolve(folder, named) : named;
      const { "usd-per-run": _, ...telling } = one;
      const readable = one.readable.map((path) => resolve(folder, path));
      return [
        `command:${name}`,
        { settings: one, digest: sha256(JSON.stringify(telling)), program, readable },
      ];
    }),
  );
}
