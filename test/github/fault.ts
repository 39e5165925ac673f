import type { Fault, Hub } from "./state.ts";

/** Takes the first fault that fits the request off the list, once its times are used up. */
export function takeFault(hub: Hub, method: string, path: string): Fault | undefined {
  const fits = ({ method: wanted, path: wantedPath }: Fault): boolean =>
    (wanted === undefined || wanted.toUpperCase() === method) &&
    (wantedPath === undefined ||
      (typeof wantedPath === "string" ? wantedPath === path : wantedPath.test(path)));
  const index = hub.faults.findIndex(fits);
  const fault = hub.faults[index];
  if (fault === undefined) return undefined;
  const left = (fault.times ?? 1) - 1;
  if (left > 0) hub.faults[index] = { ...fault, times: left };
  else hub.faults.splice(index, 1);
  return fault;
}

const messages: Record<number, string> = {
  401: "Bad credentials",
  403: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
  429: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
  404: "Not Found",
};

/** What a faulty answer says when the test does not say it: a 403 or 429 is the secondary limit. */
export function faultMessage(fault: Fault): string {
  return fault.message ?? messages[Number(fault.status)] ?? "Server Error";
}
