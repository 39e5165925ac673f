import { expect, test } from "vitest";
import { madeEvidence } from "../../test/made-session.ts";

const settingsOf = async (run: string, prints: string): Promise<Record<string, string>> => {
  const { settings } = await madeEvidence([{ user: "x" }, { run, prints }]);
  return Object.fromEntries(settings.map(({ name, value }) => [name, value]));
};

test("versions and hardware are read from what tools print", async () => {
  expect(
    await settingsOf(
      "nvcc --version; nvidia-smi",
      "Cuda compilation tools, release 12.4, V12.4.131\nNVIDIA H100 80GB HBM3, 9.0\n| Driver Version: 550.54.15  CUDA Version: 12.4 |",
    ),
  ).toEqual({
    nvcc: "12.4",
    device: "NVIDIA H100 80GB HBM3",
    capability: "9.0",
    driver: "550.54.15",
    CUDA: "12.4",
  });
  expect(await settingsOf("pip list", "torch==2.6.0\ntriton      3.2.0\nninja 1.11")).toEqual({
    torch: "2.6.0",
    triton: "3.2.0",
  });
});

test("versions that a script prints have the order of its names", async () => {
  const script = 'python -c "import torch, triton; print(torch.__version__, triton.__version__)"';
  expect(await settingsOf(script, "2.6.0+cu124 3.2.0")).toEqual({ torch: "2.6.0+cu124", triton: "3.2.0" });
});

test("a time after a name is no version", async () => {
  expect(await settingsOf("python bench.py", "torch 24.0 us triton 16.0 us")).toEqual({});
});
