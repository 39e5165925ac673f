/** Mean of the numbers; NaN of none. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** P(Z <= z) of the standard normal distribution, by the incomplete gamma function of one half. */
export function normalCdf(z: number): number {
  if (z === 0) return 0.5;
  const tail = 0.5 * upperHalfGamma((z * z) / 2);
  return z > 0 ? 1 - tail : tail;
}

/**
 * The z with P(Z <= z) = p, for 0 < p < 1. Starts from the rational approximation of Abramowitz and Stegun 26.2.23
 * (error below 4.5e-4), then Halley's method on `normalCdf` to the last digits. Infinite at 0 and 1.
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  const tail = Math.min(p, 1 - p);
  const t = Math.sqrt(-2 * Math.log(tail));
  const start =
    t -
    (2.515517 + 0.802853 * t + 0.010328 * t * t) /
      (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t);
  let z = p < 0.5 ? -start : start;
  for (let round = 0; round < 4; round += 1) {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    const step = (normalCdf(z) - p) / density;
    z -= step / (1 + (z * step) / 2);
  }
  return z;
}

/** Q(1/2, x), the share of the gamma function of one half above x: series below 1.5, continued fraction above. */
function upperHalfGamma(x: number): number {
  if (x <= 0) return 1;
  const scale = Math.exp(-x) * Math.sqrt(x / Math.PI);
  if (x < 1.5) {
    let term = 2;
    let sum = term;
    for (let n = 1; n < 200 && term > sum * 1e-17; n += 1) {
      term *= x / (n + 0.5);
      sum += term;
    }
    return 1 - scale * sum;
  }
  // Lentz's method (Numerical Recipes 6.2).
  const tiny = 1e-300;
  let b = x + 0.5;
  let c = 1 / tiny;
  let d = 1 / b;
  let h = d;
  for (let n = 1; n < 500; n += 1) {
    const a = -n * (n - 0.5);
    b += 2;
    d = 1 / (a * d + b || tiny);
    c = b + a / c || tiny;
    const factor = d * c;
    h *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return scale * h;
}
