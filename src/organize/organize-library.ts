import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { sha256 } from "../digest.ts";
import type { EvidenceFile } from "../distill/evidence-file.ts";
import type { Workspace } from "../distill/workspace.ts";
import { Failure } from "../failure.ts";
import type { Model } from "../models/model.ts";
import { requireNoSecrets } from "../secrets/secret-check.ts";
import { shownFile } from "./apply-organize.ts";
import { type CarriedOut, carryOut, type Decision, prepareMerge, prepareSplit } from "./carry-out.ts";
import { type AskedQuestion, classifyWithModel } from "./classify.ts";
import { type LibraryScan, type OrganizedSkill, readSource } from "./library-scan.ts";
import { mergeWithModel } from "./merge-with-model.ts";
import { offlineClusters } from "./offline-clusters.ts";
import { offlineOperations } from "./offline-operations.ts";
import type { ProposedMerge, ProposedSource } from "./organize-proposal.ts";
import { type Cluster, partitionOf, separated } from "./partition.ts";
import { conflictBetween, generalScope } from "./scope.ts";
import type { SourceSkill } from "./skill-pieces.ts";
import { type SplitDecision, splitOffline, splitWithModel } from "./split-decision.ts";
import { survivorFolder, survivorName } from "./survivor-place.ts";
import { featureOf, joinedDescription, titleOf } from "./survivor-words.ts";

/** One merge or split, as it is proposed and as it is carried out. */
export interface OrganizedMerge {
  proposed: ProposedMerge;
  done: CarriedOut;
  sources: SourceSkill[];
}

export interface OrganizedLibrary {
  merges: OrganizedMerge[];
  /** For the reviewer. */
  notes: string[];
  /** What a model failed with where nothing else came of it. */
  failure: Failure | undefined;
}

export interface OrganizeEnvironment {
  library: string;
  /** Folder of the evidence files. */
  evidenceFolder: string;
  evidence: ReadonlyMap<string, EvidenceFile>;
  /** Undefined organises without a model. */
  teacher: Model | undefined;
  workspace: Workspace;
  config: Config;
}

/** A body of fewer characters is nothing that could be split. */
const leastBody = 50;

/**
 * Organises scopes one after the other: splits the fix skills that have grown too long, sorts the others by theme, and
 * merges each theme. Skills for which no usable answer comes stay as they are, with a note.
 */
export async function organizeLibrary(
  scan: LibraryScan,
  scopes: readonly string[],
  environment: OrganizeEnvironment,
): Promise<OrganizedLibrary> {
  const run = new OrganizeRun(scan, environment);
  const own = scan.skills.filter(({ scope }) => scopes.includes(scope));
  await environment.workspace.writeJson(
    "skill_summaries.json",
    own.map(({ name, frontMatter }) => ({ name, description: frontMatter.description })),
  );
  for (const scope of scopes)
    await run.organize(
      scope,
      own.filter((skill) => skill.scope === scope),
    );
  await run.writeClusters();
  return { merges: run.merges, notes: run.notes, failure: run.failure };
}

class OrganizeRun {
  readonly merges: OrganizedMerge[] = [];
  readonly notes: string[] = [];
  failure: Failure | undefined;
  readonly #environment: OrganizeEnvironment;
  readonly #names: Set<string>;
  readonly #themes = new Set<string>();
  readonly #clusters: (Cluster & { scope: string })[] = [];
  readonly #repairs: string[] = [];
  #classified = 0;

  constructor(scan: LibraryScan, environment: OrganizeEnvironment) {
    this.#environment = environment;
    this.#names = new Set([...scan.names, ...environment.evidence.keys()]);
  }

  async organize(scope: string, skills: readonly OrganizedSkill[]): Promise<void> {
    for (const skill of skills) if (skill.isFix && this.#isTooLong(skill)) await this.#split(skill);
    const others = skills.filter(({ isFix }) => !isFix);
    if (others.length < 2) return;
    const { reporter } = this.#environment.workspace;
    const clusters = await this.#classify(scope, others);
    let done = 0;
    for (const { reason, skills: names } of clusters) {
      reporter.progress(`Merging ${scope}`, (done += 1), clusters.length);
      if (names.length > 1)
        await this.#merge(
          scope,
          reason,
          names.flatMap((name) => others.find((one) => one.name === name) ?? []),
        );
    }
  }

  async writeClusters(): Promise<void> {
    await this.#environment.workspace.writeJson("clusters.json", {
      clusters: this.#clusters,
      repairs: this.#repairs,
    });
  }

  #isTooLong({ body: whole }: OrganizedSkill): boolean {
    const body = whole.trim();
    return (
      body.length >= leastBody && body.split("\n").length > this.#environment.config.organize["split-lines"]
    );
  }

  /** The clusters of a scope: disjoint, and without skills that must stay apart. */
  async #classify(scope: string, skills: readonly OrganizedSkill[]): Promise<Cluster[]> {
    const { teacher, workspace, config } = this.#environment;
    const byName = new Map(skills.map((skill) => [skill.name, skill]));
    const conflict = (one: string, other: string): string | null => {
      const [left, right] = [byName.get(one), byName.get(other)];
      return left && right ? conflictBetween(left.frontMatter, right.frontMatter) : null;
    };
    let proposed: readonly Cluster[];
    let asked: readonly AskedQuestion[];
    if (teacher === undefined) {
      proposed = offlineClusters(skills, config.organize.similarity, conflict);
      const clusters = JSON.stringify({ clusters: proposed }, null, 2);
      const names = skills.map(({ name, frontMatter }) =>
        JSON.stringify({ name, description: frontMatter.description }),
      );
      asked = [{ prompt: `${names.join("\n")}\n`, response: `${clusters}\n` }];
    } else {
      const summaries = skills.map(({ name, frontMatter: { description } }) => ({ name, description }));
      const options = { language: config.language, maxTokens: config["max-prompt-tokens"] };
      ({ clusters: proposed, asked } = await classifyWithModel(teacher, summaries, options));
    }
    for (const question of asked) await this.#keepQuestion("classify", question, (this.#classified += 1));
    const partition = partitionOf(proposed, [...byName.keys()]);
    const parted = separated(partition.clusters, conflict);
    // Without a model a skill in no cluster is the rule, and no fault of an answer.
    const repairs = teacher === undefined ? parted.repairs : [...partition.repairs, ...parted.repairs];
    for (const repair of repairs) workspace.reporter.warning(repair);
    this.notes.push(...repairs);
    this.#repairs.push(...repairs);
    this.#clusters.push(...parted.clusters.map((cluster) => ({ scope, ...cluster })));
    return parted.clusters;
  }

  async #merge(scope: string, reason: string, skills: readonly OrganizedSkill[]): Promise<void> {
    const { teacher, workspace, config } = this.#environment;
    const sources = await this.#read(skills);
    if (sources.length < 2) return;
    const theme = this.#themeName(
      featureOf(
        sources.map(({ name }) => name),
        scope,
      ),
    );
    let used = sources;
    let named = { name: "", description: "", title: "" };
    let operations;
    if (teacher === undefined) {
      const { bench, sources: parsed } = prepareMerge(sources);
      operations = bench.apply(offlineOperations(bench, parsed)).applied;
      const names = sources.map(({ name }) => name).join("\n");
      const response = `${JSON.stringify({ operations }, null, 2)}\n`;
      await this.#keepQuestion(`merge_${theme}`, { prompt: `${names}\n`, response });
    } else {
      const decision = await mergeWithModel(teacher, sources, {
        scope,
        reason,
        language: config.language,
        maxTokens: config["max-prompt-tokens"],
        asked: (question, batch) =>
          this.#keepQuestion(batch === 1 ? `merge_${theme}` : `merge_${theme}_batch${batch}`, question),
      });
      for (const note of decision.notes) workspace.reporter.warning(note);
      this.notes.push(...decision.notes);
      this.failure ??= decision.failure;
      ({ sources: used, operations } = decision);
      named = decision;
      if (used.length < 2) return;
    }
    const feature = featureOf(
      used.map(({ name }) => name),
      scope,
    );
    const name = this.#freeName(named.name, scope, "merged", feature);
    const parsed = prepareMerge(used).sources;
    await this.#conclude(used, {
      kind: "merge",
      reason: reason || `They share the theme ${feature.split("-").join(" ")}.`,
      decision: {
        answer: { kind: "merge", operations },
        author: teacher === undefined ? "offline" : "model",
        survivors: [
          {
            name,
            path: `${survivorFolder(used.map(({ path }) => path))}${name}/SKILL.md`,
            description: named.description.trim() || joinedDescription(parsed),
            title: named.title.trim() || titleOf(feature),
          },
        ],
      },
    });
  }

  async #split(skill: OrganizedSkill): Promise<void> {
    const { teacher, workspace, config } = this.#environment;
    const [source] = await this.#read([skill]);
    if (source === undefined) return;
    const prepared = prepareSplit(source);
    let decision: SplitDecision;
    try {
      decision =
        teacher === undefined
          ? splitOffline(prepared)
          : await splitWithModel(teacher, prepared, {
              language: config.language,
              maxTokens: config["max-prompt-tokens"],
              asked: (question) => this.#keepQuestion(`split_${skill.name}`, question),
            });
    } catch (error) {
      if (!(error instanceof Failure) || error.exitCode !== 3) throw error;
      this.failure ??= error;
      decision = { groups: [], notes: [`No usable answer about ${skill.name}. ${error.message}`] };
    }
    for (const note of decision.notes) {
      workspace.reporter.warning(`${skill.name}: ${note}`);
      this.notes.push(`${skill.name}: ${note}`);
    }
    if (decision.groups.length < 2) return;
    const folder = survivorFolder([skill.path]);
    const survivors = decision.groups.map(({ name: proposed, description, family }) => {
      const name = this.#freeName(proposed, skill.scope, "fix", family.key);
      const about = `Errors and fixes of ${skill.scope === generalScope ? "this work" : skill.scope}: ${family.phrase}. Use when a check fails with one of them.`;
      return {
        name,
        path: `${folder}${name}/SKILL.md`,
        description: description.trim() || about,
        title: `Errors and fixes: ${family.phrase}`,
      };
    });
    const lines = config.organize["split-lines"];
    await this.#conclude([source], {
      kind: "split",
      reason: `It has more than ${lines} lines.`,
      decision: {
        answer: { kind: "split", groups: decision.groups.map(({ claims }) => claims) },
        author: teacher === undefined ? "offline" : "model",
        survivors,
      },
    });
  }

  /** Carries a decision out on paper. What cannot be written leaves the skills as they are. */
  async #conclude(
    sources: readonly SourceSkill[],
    { kind, reason, decision }: { kind: "merge" | "split"; reason: string; decision: Decision },
  ): Promise<void> {
    let done: CarriedOut;
    try {
      done = carryOut(sources, decision);
    } catch (error) {
      if (!(error instanceof Failure) || error.exitCode === 3) throw error;
      const names = sources.map(({ name }) => name).join(", ");
      this.notes.push(`${names} stay as they are: ${error.message}`);
      this.#environment.workspace.reporter.warning(`${names} stay as they are: ${error.message}`);
      for (const { name } of decision.survivors) this.#names.delete(name);
      return;
    }
    this.notes.push(...done.notes);
    const proposed: ProposedMerge = {
      kind,
      survivors: done.survivors.map(({ name, path, text, evidence, files }, index) => ({
        name,
        path,
        description: decision.survivors[index]?.description ?? "",
        title: decision.survivors[index]?.title ?? "",
        text,
        evidence_file: evidence,
        files: files.map(shownFile),
      })),
      sources: await Promise.all(sources.map((source) => this.#asProposed(source))),
      answer: decision.answer,
      author: decision.author,
      reason: reason.slice(0, 2000),
    };
    for (const { name, text } of done.survivors) await requireNoSecrets([{ name, text }]);
    this.merges.push({ proposed, done, sources: [...sources] });
  }

  async #asProposed({ name, path, text, files, evidence }: SourceSkill): Promise<ProposedSource> {
    const file = join(this.#environment.evidenceFolder, `${name}.json`);
    return {
      name,
      path,
      sha256: sha256(text),
      files: files.map((one) => ({ path: one.path, sha256: sha256(one.bytes) })),
      evidence: evidence === undefined ? null : sha256(await readFile(file)),
    };
  }

  async #read(skills: readonly OrganizedSkill[]): Promise<SourceSkill[]> {
    const { library, evidence } = this.#environment;
    const sources: SourceSkill[] = [];
    for (const skill of skills) {
      const source = await readSource(library, skill, evidence.get(skill.name));
      if (typeof source === "string") this.notes.push(`${skill.name} stays as it is. ${source}`);
      else sources.push(source);
    }
    return sources;
  }

  #freeName(proposed: string, scope: string, prefix: "merged" | "fix", feature: string): string {
    const own = scope === generalScope ? "" : scope;
    const name = survivorName(proposed, {
      scope: own,
      prefix,
      feature,
      isTaken: (one) => this.#names.has(one),
    });
    this.#names.add(name);
    return name;
  }

  #themeName(feature: string): string {
    let theme = feature;
    for (let n = 2; this.#themes.has(theme); n += 1) theme = `${feature}-${n}`;
    this.#themes.add(theme);
    return theme;
  }

  async #keepQuestion(name: string, { prompt, response }: AskedQuestion, number = 1): Promise<void> {
    const ending = number === 1 ? "" : `_${String(number).padStart(2, "0")}`;
    await this.#environment.workspace.write(`${name}_prompt${ending}.txt`, prompt);
    await this.#environment.workspace.write(`${name}_response${ending}.txt`, response);
  }
}
