import { readdir, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, isAbsolute, join, sep } from "node:path";
import { liesInside } from "../files/real-path.ts";
import type { AgentWorkspace } from "./agent-workspace.ts";

/** What a sandbox shows of the machine; all paths are absolute and follow no links. */
export interface SandboxView {
  /** Folders that are empty inside; none lies in another one. */
  hidden: readonly string[];
  /** Folders that each run has its own of. */
  temporary: readonly string[];
  /** Folders that no exception may show: none of these, and nothing that holds one. */
  guarded: readonly string[];
  /** Devices of accelerators, which kernels are run on. */
  devices: readonly string[];
}

/** By its path: one that PATH names could come from the repository, which cannot be seen inside. */
export const shell = "/bin/sh";

/** Sockets in it, such as those of Docker and systemd, would let an agent start programs outside of its sandbox. */
const sockets = "/run";
/** What programs need of it to find servers by name, and libraries on NixOS. */
const needed = ["systemd/resolve", "resolvconf", "NetworkManager", "nscd", "current-system", "opengl-driver"];
const accelerators = /^(?:nvidia|dri$|kfd$|dxg$|davinci|devmm_svm$|hisi_hdc$)/;

/** Hides `folders` (those that are not there are passed over) and all folders for temporary files. */
export async function sandboxView(folders: readonly string[]): Promise<SandboxView> {
  // Below the system's folder for temporary files lie the folders of other runs.
  const guarded = await existing([...folders, tmpdir()]);
  const temporary = await existing(["/tmp", "/var/tmp"]);
  const wanted = [...(await existing([sockets])), ...guarded];
  const hidden = wanted.filter(
    (one) =>
      one !== sep &&
      !temporary.some((other) => liesInside(one, other)) &&
      !wanted.some((other) => other !== one && other !== sep && liesInside(one, other)),
  );
  const devices = (await readdir("/dev").catch(() => []))
    .filter((name) => accelerators.test(name))
    .map((name) => join("/dev", name));
  return { hidden, temporary, guarded, devices };
}

/** The real paths of what is there, each once. */
async function existing(paths: readonly string[]): Promise<string[]> {
  const real = await Promise.all(paths.map((path) => realpath(path).catch(() => undefined)));
  return [...new Set(real.filter((path) => path !== undefined))];
}

/**
 * What an agent needs of hidden folders: its program with what lies beside it, the programs on PATH, and files and
 * folders that its settings name (as an argument, by a variable that is handed over, or as readable).
 */
export async function readableParts(
  { guarded, hidden, temporary }: SandboxView,
  { program, path, named }: { program: string; path: string; named: readonly string[] },
): Promise<string[]> {
  const isHidden = (part: string): boolean =>
    [...hidden, ...temporary].some((folder) => part !== folder && liesInside(part, folder));
  const isGuarded = (part: string): boolean => guarded.some((folder) => liesInside(folder, part));
  const [real = program] = await existing([program]);
  const folders = path.split(delimiter).filter(isAbsolute);
  const parts = [
    ...[program, real].flatMap((one) => [one, installationOf(one), dirname(one)]),
    ...folders.flatMap((folder) => [folder, installationOf(join(folder, "program"))]),
    ...named.filter(isAbsolute),
  ].filter((part) => part !== undefined);
  const there = new Set<string>();
  for (const part of new Set(parts)) {
    const [found] = await existing([part]);
    if (found === undefined || isGuarded(found) || isGuarded(part)) continue;
    for (const one of [part, found]) if (isHidden(one)) there.add(one);
  }
  // A folder comes before what is inside it, which it would cover.
  return [...there].sort((a, b) => a.length - b.length);
}

/** A program in `node_modules`, or in the `bin` of an environment, does nothing without what was installed with it. */
function installationOf(program: string): string | undefined {
  const modules = program.indexOf(`${sep}node_modules${sep}`);
  if (modules !== -1) return join(program.slice(0, modules) || sep, "node_modules");
  const folder = dirname(program);
  return basename(folder) === "bin" ? dirname(folder) : undefined;
}

/**
 * The command line of a sandbox for an agent: https://github.com/containers/bubblewrap. It has the network, which an agent
 * needs for its model, and can write only to its own folder. `bwrap` ends once all that was started inside has.
 */
export function sandboxed(
  command: readonly string[],
  options: {
    bwrap: string;
    view: SandboxView;
    readable: readonly string[];
    workspace: Pick<AgentWorkspace, "folder" | "work" | "temporary">;
  },
): string[] {
  const { bwrap, view, readable, workspace } = options;
  return [
    [bwrap, "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--as-pid-1", "--die-with-parent"],
    ["--cap-drop", "ALL", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"],
    ...view.devices.map((device) => ["--dev-bind-try", device, device]),
    ...view.temporary.map((folder) => ["--bind", workspace.temporary, folder]),
    ...view.hidden.map((folder) => ["--tmpfs", folder]),
    ...(view.hidden.includes(sockets) ? needed.map((name) => join(sockets, name)) : []).map((path) => [
      "--ro-bind-try",
      path,
      path,
    ]),
    ...readable.map((part) => ["--ro-bind", part, part]),
    ["--bind", workspace.folder, workspace.folder],
    ...view.hidden.map((folder) => ["--remount-ro", folder]),
    ["--chdir", workspace.work, "--"],
    underInit(command),
  ].flat();
}

/** The command line of processes that end together, without bwrap: https://man7.org/linux/man-pages/man1/unshare.1.html. */
export function togetherEnding(command: readonly string[], unshare: string, isRoot: boolean): string[] {
  const user = isRoot ? [] : ["--user", "--map-current-user"];
  return [unshare, ...user, "--pid", "--fork", "--kill-child", "--mount-proc", "--", ...underInit(command)];
}

/**
 * The first process of a namespace: it says on descriptor 3 that it was reached, waits for the agent, and with its own end
 * the kernel ends all others. Without the last command a shell would become the agent, which must not be the first
 * process: that one cannot be killed.
 */
function underInit(command: readonly string[]): string[] {
  return [shell, "-c", 'printf . >&3; exec 3>&-; "$@"; exit $?', "sh", ...command];
}
