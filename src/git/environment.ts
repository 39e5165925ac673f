/** Environment variables by name, as a door hands them down. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What git may see of the caller's environment: where programs, homes and temporary files are, proxies and
 * certificates. The rest stays behind, above all `GIT_DIR`, `GIT_TRACE*`, `GIT_SSH_COMMAND`, `GIT_ASKPASS` and
 * the editors, which would point git elsewhere, print our token, or run programs.
 */
const passed = [
  "PATH",
  "HOME",
  "USERPROFILE",
  "HOMEDRIVE",
  "HOMEPATH",
  "XDG_CONFIG_HOME",
  "SYSTEMROOT",
  "WINDIR",
  "TMPDIR",
  "TEMP",
  "TMP",
  "GIT_CONFIG_GLOBAL",
  "GIT_CONFIG_SYSTEM",
  "GIT_CONFIG_NOSYSTEM",
  "GIT_SSL_CAINFO",
  "GIT_SSL_CAPATH",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
];

/** The environment of every git that we start: English messages, no questions, paths that are never patterns. */
export function gitEnvironment(environment: Environment): Record<string, string> {
  const kept: Record<string, string> = { LC_ALL: "C", GIT_TERMINAL_PROMPT: "0", GIT_LITERAL_PATHSPECS: "1" };
  for (const [name, value] of Object.entries(environment)) {
    // Windows and proxies write the same names in several cases.
    if (value !== undefined && passed.includes(name.toUpperCase())) kept[name] = value;
  }
  return kept;
}

/**
 * Settings that win over every configuration file: nothing of the user's is run (hooks, a file system monitor,
 * housekeeping), and no index is split into files of the user's repository.
 */
export const calmSettings: readonly (readonly [key: string, value: string])[] = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.splitIndex", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["i18n.commitEncoding", "UTF-8"],
];
