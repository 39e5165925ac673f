import type { Context } from "../commands/context.ts";
import type { Landed } from "../commands/land-change.ts";
import type { Evaluated } from "../evaluate/evaluation-result.ts";
import type { Inputs } from "../inputs.ts";
import type { Concluded } from "./concluded.ts";

/** Runs the command that the inputs name; what it came to is for the door to tell. Throws as the commands do. */
export async function runCommand(inputs: Inputs, context: Context): Promise<Concluded> {
  switch (inputs.command) {
    case "distill": {
      const { distill } = await import("../commands/distill.ts");
      const result = await distill(inputs.request, context);
      const { exitCodeOf } = await import("../distill/distill-result.ts");
      const { distillSummary } = await import("../report/distill-summary.ts");
      return {
        outputs: {
          status: result.status,
          changed: String(result.status === "proposed"),
          skills: JSON.stringify(result.skills),
          proposal: result.proposal ?? "",
        },
        summary: distillSummary(result),
        failures: (result.failures ?? []).map(({ trace, reason, remedy }) => `${trace}: ${reason} ${remedy}`),
        exitCode: exitCodeOf(result),
      };
    }
    case "generate": {
      const { generate } = await import("../commands/generate.ts");
      const { readMaterials } = await import("../commands/read-materials.ts");
      const result = await generate(inputs.request, context, readMaterials(context));
      const { generateSummary } = await import("../report/generate-summary.ts");
      return {
        outputs: {
          status: result.status,
          changed: String(result.status === "proposed"),
          skills: JSON.stringify(result.skills),
        },
        summary: generateSummary(result),
      };
    }
    case "propose": {
      const { propose } = await import("../commands/propose.ts");
      const result = await propose(inputs.request, context);
      const landed = await concludeLanded(result);
      return { ...landed, outputs: { ...landed.outputs, skills: JSON.stringify(result.skills) } };
    }
    case "evaluate": {
      if (inputs.request.plan) return await plan(inputs.request, context);
      if (inputs.request.generateOnly !== undefined) {
        const { generateKernels } = await import("../commands/generate-kernels.ts");
        const { generateOnly } = inputs.request;
        const result = await generateKernels({ ...inputs.request, generateOnly }, context);
        const { generateKernelsSummary } = await import("../report/generate-kernels-summary.ts");
        return {
          outputs: { status: result.status, results: result.bundle },
          summary: generateKernelsSummary(result),
          ...(result.ended === "service failed"
            ? { failures: ["A model could not be asked for all kernels."], exitCode: 3 as const }
            : {}),
        };
      }
      const { evaluate } = await import("../commands/evaluate.ts");
      return await concludeEvaluated(await evaluate(inputs.request, context));
    }
    case "measure": {
      const { measureKernelBundle } = await import("../commands/measure-bundle.ts");
      return await concludeEvaluated(await measureKernelBundle(inputs.request, context));
    }
    case "report": {
      const { report } = await import("../commands/report.ts");
      const { evaluation, markdown, html } = await report(inputs.request, context);
      return { outputs: { status: evaluation.status, page: html ?? "" }, summary: markdown };
    }
    case "gate": {
      const { gate } = await import("../commands/gate.ts");
      const result = await gate(inputs.request, context);
      return {
        outputs: {
          status: result.status,
          skills: JSON.stringify(result.skills),
          page: result.html ?? "",
          key: result.key ?? "",
        },
        summary: result.markdown,
        // Where the check run is written it carries the remarks; else the step does.
        ...(result.check === null ? { annotations: result.annotations } : {}),
        ...(result.status === "blocked" ? { failures: [result.sentence], exitCode: 1 as const } : {}),
      };
    }
    case "organize": {
      const { organize } = await import("../commands/organize.ts");
      const result = await organize(inputs.request, context);
      const { organizeSummary } = await import("../report/organize-summary.ts");
      return {
        outputs: {
          status: result.status,
          changed: String(result.status === "proposed"),
          skills: JSON.stringify([
            ...result.merged.map(({ name, path }) => ({ name, path, change: "added" })),
            ...result.split.flatMap(({ into }) =>
              into.map(({ name, path }) => ({ name, path, change: "added" })),
            ),
            ...result.archived.map(({ name, path }) => ({ name, path, change: "removed" })),
          ]),
          proposal: result.proposal ?? "",
        },
        summary: organizeSummary(result),
      };
    }
    case "review": {
      const { reviewLibrary } = await import("../commands/review-library.ts");
      const result = await reviewLibrary(inputs.request, context);
      const { reviewSummary } = await import("../report/organize-summary.ts");
      return { outputs: { status: "reviewed" }, summary: reviewSummary(result) };
    }
    case "retire": {
      const { retire } = await import("../commands/retire.ts");
      return await concludeLanded(await retire(inputs.request, context));
    }
    case "import archive": {
      const { importAkgArchive } = await import("../commands/import-archive.ts");
      return await concludeLanded(await importAkgArchive(inputs.request, context));
    }
    case "restore": {
      const { restore } = await import("../commands/restore.ts");
      return await concludeLanded(await restore(inputs.request, context));
    }
    case "lint": {
      const { lint } = await import("../commands/lint.ts");
      const result = await lint(inputs.request, context);
      const { lintSummary } = await import("../report/lint-summary.ts");
      return {
        outputs: { status: result.errors > 0 ? "failed" : "passed" },
        summary: lintSummary(result),
        annotations: result.findings.map(({ severity, rule, message, hint, file, line }) => ({
          path: file,
          line,
          level: severity === "error" ? ("failure" as const) : ("warning" as const),
          title: rule,
          message: `${message} ${hint}`,
        })),
        ...(result.errors > 0
          ? { failures: [`${result.errors} findings must be corrected.`], exitCode: 1 as const }
          : {}),
      };
    }
  }
}

/** The matrix of all that is to be asked, and of the kernels among it, which another machine measures. */
async function plan(
  request: Extract<Inputs, { command: "evaluate" }>["request"],
  context: Context,
): Promise<Concluded> {
  const { evaluate } = await import("../commands/evaluate.ts");
  const { planKernels } = await import("../commands/plan-kernels.ts");
  const { result } = await evaluate(request, context);
  const kernels = await planKernels(request, context);
  const shards = "include" in result ? result.include : [];
  return {
    outputs: {
      status: "planned",
      matrix: JSON.stringify({ include: [...shards, ...kernels.include] }),
      kernels: JSON.stringify(kernels),
    },
    summary: "",
  };
}

async function concludeEvaluated({ result, key = "" }: Evaluated): Promise<Concluded> {
  if ("include" in result) {
    return { outputs: { status: "planned", matrix: JSON.stringify(result) }, summary: "" };
  }
  const { exitCodeOf } = await import("../evaluate/evaluation-result.ts");
  const { evaluateSummary } = await import("../report/evaluate-summary.ts");
  const exitCode = exitCodeOf(result);
  return {
    outputs: { status: result.status, results: result.results, key },
    summary: evaluateSummary(result),
    ...(exitCode === 0
      ? {}
      : { failures: [result.problem ?? `The evaluation is ${result.status}: ${result.ended}.`], exitCode }),
  };
}

/** Of every command that ends in a pull request. */
async function concludeLanded(result: Landed): Promise<Concluded> {
  const { proposeSummary } = await import("../report/propose-summary.ts");
  return {
    outputs: {
      status: result.status,
      changed: String(result.status === "created" || result.status === "updated"),
      "pull-request-number": result.number === null ? "" : String(result.number),
      "pull-request-url": result.url ?? "",
    },
    summary: proposeSummary(result),
  };
}
