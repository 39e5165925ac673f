/**
 * A positive finite decimal such as `43.92`, or undefined. No sign, exponent, digit separator, `inf` or `nan`: the
 * writers of AKG logs print times with fixed decimals, so that anything else is no measured time (`1e-05` and
 * `-4.0` come from failed measurements). Digits of other scripts count, as they do for Python's `float`.
 */
export function positiveDecimal(text: string): number | undefined {
  const plain = text.normalize("NFKC").trim();
  if (!/^(?:\d+\.?\d*|\.\d+)$/.test(plain)) return undefined;
  const value = Number(plain);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}
