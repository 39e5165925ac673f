import { usageFailure } from "./failure.ts";

const thisMachine = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Parses the address of a server that a token is going to be sent to; `what` names the address in the message.
 * Throws `Failure` (exit code 2) for anything but https (plain http is for this machine only), and for credentials.
 */
export function serverAddress(address: string, what: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && thisMachine.test(url.hostname));
  if (url === undefined || !isSafe) {
    throw usageFailure(
      `${what} is no https address, and the token may travel over nothing else.`,
      "Give the server as https://HOST.",
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw usageFailure(
      `${what} holds credentials.`,
      "Take them out of the address; the token is given separately.",
    );
  }
  return url;
}
