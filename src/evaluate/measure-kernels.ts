import { Failure } from "../failure.ts";
import { groupBy } from "../group-by.ts";
import type { Job } from "../kernels/job.ts";
import type { KernelResult } from "../kernels/kernel-result.ts";
import type { Reporter } from "../reporter.ts";
import { type BundledCase, duelId, measurementId, suffixOf } from "./bundled-case.ts";
import type { KernelBundle } from "./kernel-bundle.ts";
import { kernelDuels } from "./kernel-duels.ts";
import { measurementsOf } from "./kernel-outcome.ts";
import { stateOf } from "./kernel-state.ts";
import type { PlannedTrial } from "./plan.ts";
import type { RunEnd } from "./run-trials.ts";

export interface KernelMeasuring {
  bundle: KernelBundle;
  /** Runs one job, for at most so many milliseconds; throws `Failure` as `measureKernels` does. */
  run: (job: Job, mostMs: number) => Promise<KernelResult>;
  /** Folder of compile results; null keeps none. */
  cache: string | null;
  /** Milliseconds that the device may be held; Infinity without a limit. */
  budgetMs: number;
  reporter: Reporter;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** One start of the harness measures so many candidates of a problem: its reference is made once for all of them. */
const mostTogether = 8;
/** After so many jobs that failed in a row, the machine is given up. */
const mostFailures = 3;

/**
 * Measures every candidate of the bundle that has no measurement yet, once for all trials that came to it, and then times
 * the best kernels of two arms against each other. Needs neither network nor keys. What is measured is in the bundle as
 * it comes.
 */
export async function measureBundle(
  trials: readonly PlannedTrial[],
  measuring: KernelMeasuring,
): Promise<RunEnd> {
  const { bundle, reporter } = measuring;
  const device = deviceTime(measuring);
  const waiting = new Map<string, { one: BundledCase; candidate: string }>();
  for (const trial of trials) {
    const state = stateOf(trial, bundle);
    if (state.step !== "measure") continue;
    const one = bundle.caseOf(trial.case.sha256);
    waiting.set(measurementId(one, state.candidate), { one, candidate: state.candidate });
  }
  // By the digests of what was written: which arm it came from decides nothing.
  const sorted = [...waiting].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, work]) => work);
  const queue = [...groupBy(sorted, ({ one }) => one)].flatMap(([one, works]) =>
    chunks(works, mostTogether).map((some) => ({ one, candidates: some.map(({ candidate }) => candidate) })),
  );
  let done = 0;
  let unmeasured = 0;
  let failures = 0;
  reporter.progress("Measuring kernels", 0, sorted.length);
  for (let work = queue.shift(); work !== undefined; work = queue.shift()) {
    const { one, candidates } = work;
    const result = await device.run(await jobFor(bundle, one, { candidates, cache: measuring.cache }));
    if (result === "budget spent") return result;
    if (result instanceof Failure) {
      // Whoever brought the harness down must not take the others along.
      if (candidates.length > 1) queue.unshift(...candidates.map((only) => ({ one, candidates: [only] })));
      else {
        failures += 1;
        unmeasured += 1;
        reporter.warning(`A kernel could not be measured: ${result.message}`);
        if (failures >= mostFailures) return "service failed";
      }
      continue;
    }
    failures = 0;
    for (const [candidate, measurement] of measurementsOf(result)) {
      if (measurement.results[0].verdict === "infrastructure") {
        unmeasured += 1;
        reporter.warning(`A kernel could not be measured: ${measurement.results[0].reasons.join(" ")}`);
      } else await bundle.addMeasurement(measurementId(one, candidate), measurement);
      reporter.progress("Measuring kernels", (done += 1), sorted.length);
    }
  }
  const fought = await fightDuels(trials, measuring, device);
  return fought === "complete" && unmeasured > 0 ? "service failed" : fought;
}

async function fightDuels(
  trials: readonly PlannedTrial[],
  { bundle, cache, reporter }: KernelMeasuring,
  device: DeviceTime,
): Promise<RunEnd> {
  const open = new Map(
    kernelDuels(bundle.plan, trials, bundle)
      .filter(({ subject, reference }) => subject !== reference)
      .map(({ case: digest, subject, reference }) => {
        const one = bundle.caseOf(digest);
        return [duelId(one, subject, reference), { one, subject, reference }] as const;
      }),
  );
  const due = [...open].filter(
    ([id, { one }]) => bundle.duel(id) === undefined && one.measuring.timing !== null,
  );
  for (const [done, [id, { one, subject, reference }]] of due.entries()) {
    reporter.progress("Timing the best kernels against each other", done, due.length);
    const job = await jobFor(bundle, one, { candidates: [subject, reference], cache });
    const result = await device.run({ ...job, versus: [[subject, reference]] });
    if (result === "budget spent") return result;
    if (result instanceof Failure) {
      reporter.warning(`Two kernels could not be timed against each other: ${result.message}`);
    } else await bundle.addDuel(id, result);
  }
  reporter.progress("Timing the best kernels against each other", due.length, due.length);
  return "complete";
}

/** The job of some candidates of a case; their digests are their ids. */
async function jobFor(
  bundle: KernelBundle,
  one: BundledCase,
  { candidates, cache }: { candidates: readonly string[]; cache: string | null },
): Promise<Job> {
  const { dsl, device, size, trials, shapes, dtypes, timing, library, limits } = one.measuring;
  const suffix = suffixOf(one.measuring);
  const paths: Job["candidates"] = [];
  for (const id of candidates) paths.push({ id, path: await bundle.candidatePath(id, suffix), dsl });
  return {
    format: 1,
    problem: { path: bundle.problemPath(one), format: "auto" },
    candidates: paths,
    device,
    size,
    trials,
    shapes,
    dtypes,
    timing,
    versus: [],
    policy: { library },
    limits,
    cache,
  };
}

interface DeviceTime {
  /** A job that could pass the budget is stopped there; a failure of the harness is returned. */
  run(job: Job): Promise<KernelResult | Failure | "budget spent">;
}

function deviceTime({ run, budgetMs, now }: KernelMeasuring): DeviceTime {
  let spent = 0;
  return {
    async run(job) {
      const left = budgetMs - spent;
      if (left <= 0) return "budget spent";
      const started = now();
      try {
        return await run(job, left);
      } catch (thrown) {
        if (!(thrown instanceof Failure)) throw thrown;
        return now() - started >= left ? "budget spent" : thrown;
      } finally {
        spent += now() - started;
      }
    },
  };
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
