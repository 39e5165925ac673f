import type { FoundSecret, SecretKind } from "./secret-kind.ts";

/**
 * Tokens that their issuers made to be recognised: a prefix and a fixed alphabet. The lengths are lower bounds, so
 * that a token whose end was cut off is found too. Sources: the issuers' documentation of their formats.
 */
const shapes: readonly (readonly [SecretKind, string])[] = [
  ["aws-access-key-id", "A[KS]IA[A-Z0-9]{16}|A(?:BI|CC)A[A-Z0-9]{16}"],
  ["github-token", "github_pat_[A-Za-z0-9_]{20,}"],
  ["gitlab-token", "gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|oas)-[A-Za-z0-9_.-]{16,}"],
  ["anthropic-key", "sk-ant-[A-Za-z0-9_-]{16,}"],
  ["openai-key", "sk-[A-Za-z0-9_-]{20,}"],
  ["huggingface-token", "hf_[A-Za-z0-9]{20,}|api_org_[A-Za-z0-9]{20,}"],
  ["google-key", "AIza[A-Za-z0-9_-]{30,}|GOCSPX-[A-Za-z0-9_-]{20,}|ya29\\.[A-Za-z0-9_-]{20,}"],
  ["slack-token", "xox[abceoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}"],
  ["npm-token", "npm_[A-Za-z0-9]{30,}"],
  ["pypi-token", "pypi-AgE[A-Za-z0-9_-]{20,}"],
  ["stripe-key", "[srp]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/]{20,}={0,2}"],
  ["sendgrid-key", "SG\\.[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{16,}"],
  ["digitalocean-token", "do[opr]_v1_[a-f0-9]{32,}"],
  ["jwt", "eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}(?:\\.[A-Za-z0-9_-]*){0,3}"],
  [
    "service-token",
    [
      "nvapi-[A-Za-z0-9_-]{30,}",
      "gsk_[A-Za-z0-9]{40,}",
      "xai-[A-Za-z0-9]{40,}",
      "r8_[A-Za-z0-9]{30,}",
      "dckr_pat_[A-Za-z0-9_-]{20,}",
      "dapi[a-f0-9]{32}",
      "shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
      "glsa_[A-Za-z0-9]{20,}_[a-f0-9]{8}",
      "hv[bs]\\.[A-Za-z0-9_-]{20,}",
      "gl[cs]_[A-Za-z0-9+/]{32,}={0,2}",
      "ntn_[A-Za-z0-9]{30,}",
      "cf(?:k|ut|at)_[A-Za-z0-9]{40,}",
      "ops_eyJ[A-Za-z0-9+/=]{40,}",
      "lin_api_[A-Za-z0-9]{30,}",
      "figd_[A-Za-z0-9_-]{20,}",
      "sntry[su]_[A-Za-z0-9_=+/-]{30,}",
      "ATATT3[A-Za-z0-9_=-]{30,}",
      "tskey-[a-z]{3,12}-[A-Za-z0-9-]{16,}",
      "AGE-SECRET-KEY-1[A-Z0-9]{40,}",
      "\\d{8,10}:AA[A-Za-z0-9_-]{33}",
    ].join("|"),
  ],
];

/** GitHub's short prefixes occur in no word, so that nothing need stand before them. */
const github = "ghs_[0-9]{1,20}_[A-Za-z0-9_.-]{20,}|gh[pousr]_[A-Za-z0-9]{16,}";
const anyShape = new RegExp(
  `${github}|(?<![A-Za-z0-9])(?:${shapes.map(([, source]) => source).join("|")})`,
  "g",
);
const oneShape = shapes.map(([kind, source]) => [kind, new RegExp(`^(?:${source})$`)] as const);

/** An id and the secret beside it, as in the file of credentials that AWS offers for download. */
const awsPair = /A[KS]IA[A-Z0-9]{16}[\s,;:|"']{1,6}([A-Za-z0-9+/]{40})(?![A-Za-z0-9+/=])/g;

/** Tokens that are known by their shape alone. */
export function tokenShapes(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  let sawAws = false;
  for (const match of text.matchAll(anyShape)) {
    const value = match[0];
    const kind = kindOf(value);
    if (!isPlausible(kind, value)) continue;
    sawAws ||= kind === "aws-access-key-id";
    found.push({ kind, from: match.index, to: match.index + value.length, value });
  }
  if (sawAws) {
    for (const match of text.matchAll(awsPair)) {
      const value = match[1] ?? "";
      const to = match.index + match[0].length;
      found.push({ kind: "aws-secret-access-key", from: to - value.length, to, value });
    }
  }
  return found;
}

function kindOf(value: string): SecretKind {
  return oneShape.find(([, pattern]) => pattern.test(value))?.[0] ?? "github-token";
}

/** Two prefixes are short enough to begin ordinary names: `sk-learn-...`, `hf_...`. */
function isPlausible(kind: SecretKind, value: string): boolean {
  if (kind === "openai-key") return /\d/.test(value) && /[A-Za-z0-9]{16}/.test(value);
  if (kind === "huggingface-token") return /[a-z]/.test(value.slice(3)) && /[A-Z0-9]/.test(value.slice(3));
  return true;
}
