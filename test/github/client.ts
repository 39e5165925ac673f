import { GitHub } from "@actions/github/lib/utils";
import type { FakeGitHub } from "./github.ts";

/** The official client without retries: tests of the server want its first answer. */
export function plainClient(github: FakeGitHub, token: string): InstanceType<typeof GitHub> {
  return new GitHub({
    auth: token,
    baseUrl: github.apiUrl,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
}
