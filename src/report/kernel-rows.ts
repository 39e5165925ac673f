import { fastLevels, type KernelFigures, type KernelSpeed } from "../evaluate/kernel-figures.ts";
import { type Arm, arms } from "../evaluate/trial.ts";
import { counted, dollarWords, percentWords, pWords, ratioWords, thousands } from "./figure-words.ts";

/** The heads of the columns of a table of kernels by arm. */
export const kernelHead = [
  "Arm",
  "Compiles",
  "Correct",
  ...fastLevels.filter((level) => level > 0).map((level) => `fast_${level}`),
  "Speedup",
  "A run took",
  "Device",
] as const;

/** A line of that table for each arm, in plain text. */
export function kernelRows({ arms: figures }: KernelFigures): string[][] {
  return arms.flatMap((arm: Arm) => {
    const one = figures.get(arm);
    if (one === undefined) return [];
    const [correct = null, ...faster] = one.fast;
    return [
      [
        arm,
        percentWords(one.compiled),
        percentWords(correct),
        ...faster.map((share) => (share === null ? "not timed" : percentWords(share))),
        one.speedup === null ? "–" : `${one.speedup.toFixed(2)}x`,
        [
          `${one.answersPerRun.toFixed(1)} answers`,
          one.tokensPerRun === null ? "tokens unknown" : counted(Math.round(one.tokensPerRun), "token"),
          dollarWords(one.costPerRun),
        ].join(", "),
        `${thousands(Math.round(one.deviceSeconds))} s`,
      ],
    ];
  });
}

/** What there is to say about the kernels beside that table: where they ran, and whether they became faster. */
export function kernelRemarks({ devices, harnesses, cases, speed }: KernelFigures): string[] {
  const where = devices.map(({ kind, name }) => `${kind}: ${name}`).join("; ");
  const [device] = devices;
  return [
    `${counted(cases, "kernel case")}, measured on ${where === "" ? "nothing" : where}. fast_p: correct and more than p times as fast as the reference, of all runs. Speedup: geometric mean over the cases that are correct in both arms.`,
    ...(devices.length > 1
      ? ["Kernels of different devices cannot be compared: nothing is said about speed."]
      : []),
    ...(harnesses.length > 1 ? ["Not all of them were measured by one version of the harness."] : []),
    ...(speed === null ? [] : [speedWords(speed, device?.kind ?? "cpu")]),
  ];
}

function speedWords({ ratio, cases, duels, p, verdict }: KernelSpeed, kind: "cpu" | "cuda"): string {
  const how =
    duels === cases
      ? "the best kernels of both arms were timed against each other"
      : `of ${duels} the best kernels of both arms were timed against each other`;
  // The sign-flip test of n cases gives no smaller p than this, however large the difference is in each of them.
  const isTooFew = verdict === "no difference shown" && p <= 2 ** (1 - cases) + 1e-9;
  const shown = isTooFew ? "no difference shown, since so few cannot show one" : verdict;
  const claim = kind === "cpu" ? " This was a CPU: it says nothing about a GPU." : "";
  return `Speed: ${ratioWords(ratio)} as fast over ${counted(cases, "case")} correct in both arms: ${shown} (${pWords(p)}; ${how}).${claim}`;
}
