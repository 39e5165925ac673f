import type { Interval } from "../evaluate/statistics/interval.ts";

/** Figures as people read them. Null is `unknown` everywhere, and never nothing. */
const unknown = "unknown";

/** A share of 1: `45.0 %`. */
export function percentWords(share: number | null): string {
  return share === null || !Number.isFinite(share) ? unknown : `${(share * 100).toFixed(1)} %`;
}

/** `45.0 % (25.8 to 65.8)`. */
export function rateWords(rate: Interval | null): string {
  if (rate === null) return "no result";
  return `${percentWords(rate.value)} (${(rate.low * 100).toFixed(1)} to ${(rate.high * 100).toFixed(1)})`;
}

/** A difference of shares: `+20.0 points`. */
export function pointsWords(difference: number | null): string {
  return difference === null || !Number.isFinite(difference) ? unknown : `${signed(difference * 100)} points`;
}

/** `+20.0 points (+3.1 to +36.9)`. Bounds of a t interval may lie beyond 100 points, where no difference can be. */
export function differenceWords({ value, low, high }: Interval): string {
  if (!Number.isFinite(value)) return "no result";
  const bounds = Number.isFinite(low)
    ? `${signed(Math.max(-1, low) * 100)} to ${signed(Math.min(1, high) * 100)}`
    : "no bounds";
  return `${pointsWords(value)} (${bounds})`;
}

function signed(points: number): string {
  const text = Math.abs(points).toFixed(1);
  if (text === "0.0") return text;
  return `${points < 0 ? "−" : "+"}${text}`;
}

/** `1.32 times (1.10 to 1.58)`. */
export function ratioWords(ratio: Interval | null): string {
  if (ratio === null) return unknown;
  const { value, low, high } = ratio;
  const bounds = Number.isFinite(high) ? ` (${low.toFixed(2)} to ${high.toFixed(2)})` : "";
  return `${value.toFixed(2)} times${bounds}`;
}

/** US dollars to three digits, or to the cent from one dollar on. Zero is a price, and null is none. */
export function dollarWords(dollars: number | null): string {
  if (dollars === null) return "price not known";
  if (dollars === 0) return "$0";
  if (dollars >= 1) return `$${cents.format(dollars)}`;
  // A fixed notation: 1.2e-7 is no price that people read.
  const digits = Math.min(12, 2 - Math.floor(Math.log10(dollars)));
  return `$${dollars.toFixed(digits)}`;
}

// Made once: a report formats many thousand numbers.
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const cents = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** A whole number with commas. */
export function thousands(count: number): string {
  return whole.format(count);
}

export function tokenWords(tokens: number | null): string {
  return tokens === null ? unknown : thousands(Math.round(tokens));
}

/** `p 0.012`, and no smaller than anybody needs to know. */
export function pWords(p: number): string {
  return p < 0.0001 ? "p below 0.0001" : `p ${p.toFixed(4)}`;
}

/** `24 calls (8 to students, 16 to the judge, repeated and failed ones included)`. */
export function callsWords({ calls, judgeCalls = 0 }: { calls: number; judgeCalls?: number }): string {
  const included = "repeated and failed ones included";
  const parts =
    judgeCalls === 0
      ? included
      : `${thousands(calls - judgeCalls)} to students, ${thousands(judgeCalls)} to the judge, ${included}`;
  return calls === 0 ? "no call" : `${counted(calls, "call")} (${parts})`;
}

export function counted(count: number, one: string, several = `${one}s`): string {
  return `${thousands(count)} ${count === 1 ? one : several}`;
}
