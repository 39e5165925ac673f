import type { SecretKind } from "../src/secrets/secret-kind.ts";

/** A secret that a trace holds; none is or was real, and none stands in a file: all are put together at run time. */
export interface PlantedSecret {
  kind: SecretKind;
  value: string;
  /** A sentence, command or line of settings that holds it. */
  line: string;
}

const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const base64 = `${alphanumeric}+/`;
const hexadecimal = "0123456789abcdef";

/** Letters that a seed decides, so that every run plants the same secrets. */
export function letters(seed: number): (alphabet: string, count: number) => string {
  let state = seed;
  return (alphabet, count) => {
    let text = "";
    for (let at = 0; at < count; at++) {
      // The generator of Numerical Recipes, of which the upper bits are good enough here.
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      text += alphabet[(state >>> 8) % alphabet.length];
    }
    return text;
  };
}

/** One secret or more of every kind, each with a line of text in which it is met. */
export function plantedSecrets(seed = 20260914): PlantedSecret[] {
  const pick = letters(seed);
  const planted: PlantedSecret[] = [];
  const plant = (kind: SecretKind, value: string, line: (value: string) => string): void => {
    planted.push({ kind, value, line: line(value) });
  };
  const alone = (value: string): string => `The log says ${value} and goes on.`;

  plant("aws-access-key-id", ["AK", "IA", pick(upper, 16)].join(""), (v) => `AWS_ACCESS_KEY_ID=${v}`);
  plant("aws-secret-access-key", `k${pick(base64, 38)}7`, (v) => `aws_secret_access_key = ${v}`);
  for (const letter of "pousr") plant("github-token", `gh${letter}_${pick(alphanumeric, 36)}`, alone);
  plant("github-token", ["github", "pat", pick(alphanumeric, 22), pick(alphanumeric, 59)].join("_"), alone);
  plant("gitlab-token", ["gl", "pat-", pick(alphanumeric, 20)].join(""), alone);
  plant("anthropic-key", ["sk", "ant", "api03", `${pick(alphanumeric, 93)}AA`].join("-"), alone);
  plant("openai-key", ["sk", "proj", `${pick(alphanumeric, 60)}7`].join("-"), alone);
  plant("huggingface-token", ["h", "f_", pick(alphanumeric, 34)].join(""), alone);
  plant("google-key", ["AI", "za", pick(alphanumeric, 35)].join(""), alone);
  plant("slack-token", ["xo", "xb-", pick("123456789", 12), "-", pick(alphanumeric, 24)].join(""), alone);
  plant("npm-token", ["np", "m_", pick(alphanumeric, 36)].join(""), alone);
  plant("pypi-token", ["py", "pi-AgE", pick(alphanumeric, 80)].join(""), alone);
  plant("stripe-key", ["sk", "live", pick(alphanumeric, 24)].join("_"), alone);
  plant("sendgrid-key", ["SG", pick(alphanumeric, 22), pick(alphanumeric, 43)].join("."), alone);
  plant("digitalocean-token", ["dop", "v1", pick(hexadecimal, 64)].join("_"), alone);
  plant(
    "azure-key",
    `${pick(base64, 86)}==`,
    (v) => `AccountName=team;AccountKey=${v};EndpointSuffix=core.windows.net`,
  );
  plant("service-token", ["nv", "api-", pick(alphanumeric, 64)].join(""), alone);
  plant(
    "jwt",
    ["ey", `J${pick(alphanumeric, 34)}.ey`, `J${pick(alphanumeric, 60)}.`, pick(alphanumeric, 43)].join(""),
    alone,
  );
  plant(
    "bearer-token",
    `${pick(alphanumeric, 24)}.${pick(alphanumeric, 30)}7`,
    (v) => `curl -H "Authorization: Bearer ${v}" https://bench.example.invalid/`,
  );
  plant(
    "basic-auth",
    Buffer.from(`jane:${pick(alphanumeric, 12)}7`).toString("base64"),
    (v) => `Authorization: Basic ${v}`,
  );
  plant("authorization", pick(hexadecimal, 40), (v) => `> authorization: token ${v}`);
  plant(
    "url-password",
    `p7%40${pick(alphanumeric, 10)}`,
    (v) => `git push https://ci:${v}@git.example.invalid/kernels.git`,
  );
  plant("cookie", pick(alphanumeric, 24), (v) => `Cookie: theme=dark; session=${v}`);
  plant("password", `b7${pick(alphanumeric, 8)}!`, (v) => `PGPASSWORD='${v}' psql -h db`);
  plant("password", `c7${pick(alphanumeric, 10)}`, (v) => `bench --user ci --password ${v} --rows 4096`);
  plant("password", `d7${pick(alphanumeric, 10)}`, (v) => `mysql -u bench -p${v} results`);
  plant("password", `e7${pick(alphanumeric, 10)}`, (v) => `db_password: ${v}`);
  plant("api-key", pick(hexadecimal, 40), (v) => `os.environ["WANDB_API_KEY"] = "${v}"`);
  plant("token", `t7${pick(alphanumeric, 20)}`, (v) => `{"auth_token": "${v}"}`);
  plant("secret", `s7${pick(alphanumeric, 20)}`, (v) => `client_secret=${v}`);
  plant("random-value", `aB3x${pick(alphanumeric, 36)}9Z`, (v) => `DEPLOY=${v}`);
  plant("email", ["jane.doe", "corp.example"].join("@"), (v) => `Ask ${v} if the access fails.`);
  plant("user", "jane.doe", (v) => `cd /home/${v}/kernels`);
  return planted;
}

/** A private key of three lines, with its marks. */
export function plantedKey(seed = 20260915, kind = "RSA "): string {
  const pick = letters(seed);
  const mark = (word: string): string => [`-----${word} ${kind}PRIV`, "ATE KEY-----"].join("");
  return [mark("BEGIN"), pick(base64, 64), pick(base64, 64), `${pick(base64, 30)}==`, mark("END")].join("\n");
}

/** The parts of a secret that may stand alone somewhere: its lines without the marks around a key. */
export function partsOf(value: string): string[] {
  return value.split("\n").filter((line) => !line.startsWith("-----"));
}

/**
 * A Claude Code log that holds every planted secret in a user's words, in a command, in a result, in arguments that
 * are JSON in a string, and in a patch; and a private key in each of these places.
 */
export function secretsTrace(): { jsonl: string; secrets: { kind: SecretKind; value: string }[] } {
  const planted = plantedSecrets();
  const keys = ["RSA ", "OPENSSH ", "EC ", "", "ENCRYPTED "].map((kind, index) =>
    plantedKey(20260920 + index, kind),
  );
  const rows: string[] = [];
  let parent: string | null = null;
  const row = (type: string, rest: object): void => {
    const uuid = `5ec2e75e-0000-4000-a000-${String(rows.length + 1).padStart(12, "0")}`;
    const timestamp = new Date(Date.UTC(2026, 8, 14, 8, 0, 3 * rows.length)).toISOString();
    const common = { cwd: "/home/jane.doe/kernels", sessionId: "5ec2e75e-c0de-4a11-a000-0000000000f1" };
    rows.push(
      JSON.stringify({ parentUuid: parent, isSidechain: false, ...common, type, ...rest, uuid, timestamp }),
    );
    parent = uuid;
  };
  const call = (name: string, input: object, result: string): void => {
    const id = `toolu_${String(rows.length).padStart(24, "0")}`;
    const message = {
      id: `msg_${rows.length}`,
      type: "message",
      role: "assistant",
      model: "claude-opus-4-5-20251101",
    };
    row("assistant", { message: { ...message, content: [{ type: "tool_use", id, name, input }] } });
    const content = [{ tool_use_id: id, type: "tool_result", content: result, is_error: false }];
    row("user", { message: { role: "user", content }, toolUseResult: { stdout: result, stderr: "" } });
  };
  row("user", { message: { role: "user", content: "Tune the softmax kernel and upload the benchmark." } });
  for (const { line } of planted) {
    row("user", { message: { role: "user", content: `Here is what I use.\n${line}` } });
    call("Bash", { command: line }, `+ ${line}\nok`);
    call(
      "shell",
      { arguments: JSON.stringify({ command: ["bash", "-lc", line] }) },
      JSON.stringify({ output: line }),
    );
    call(
      "apply_patch",
      { input: `*** Begin Patch\n*** Update File: env.sh\n@@\n-${line}\n+unset IT\n*** End Patch` },
      "Done",
    );
  }
  for (const key of keys) {
    call("Bash", { command: "cat deploy_key" }, key);
    call(
      "shell",
      { arguments: JSON.stringify({ key }) },
      JSON.stringify({ output: JSON.stringify({ key }) }),
    );
    call(
      "apply_patch",
      {
        input: `@@\n${key
          .split("\n")
          .map((line) => `-${line}`)
          .join("\n")}\n+# moved`,
      },
      "Done",
    );
    call("Bash", { command: "head -2 deploy_key" }, key.split("\n").slice(0, 2).join("\n"));
  }
  const secrets = planted.map(({ kind, value }) => ({ kind, value }));
  for (const value of keys) secrets.push({ kind: "private-key", value });
  return { jsonl: `${rows.join("\n")}\n`, secrets };
}
