/** What a candidate is written in; `auto` lets the harness tell from its text. `abi` is plain C behind ctypes. */
export const dsls = ["auto", "triton", "cuda", "cpp", "python", "abi"] as const;
export type Dsl = (typeof dsls)[number];

export const devices = ["auto", "cpu", "cuda"] as const;
export type DeviceChoice = (typeof devices)[number];

/** Element types in which a kernel can be verified beside those of its problem. */
export const dtypes = ["float64", "float32", "float16", "bfloat16"] as const;

/** What a kernel's time is compared with: PyTorch as it is, `torch.compile`, or a problem's NumPy. */
export const baselines = ["eager", "compiled", "numpy"] as const;
export type Baseline = (typeof baselines)[number];

/** How large a problem makes its inputs: problems read it from KERNEL_SIZE. */
export const sizes = ["tiny", "cpu", "gpu"] as const;
export type Size = (typeof sizes)[number];
