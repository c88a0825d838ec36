// When to try again after a socket closed, and whether to try at all (hub.v1 close codes). Pure.

export const STAFF_CEILING_MS = 5000;
export const DINER_CEILING_MS = 30000;
const FIRST_MS = 500;

/** Full jitter: anywhere between nothing and 0.5 s * 2^attempt, at most the ceiling. */
export function backoffDelay(attempt, ceilingMs, random) {
  return Math.floor(random() * Math.min(ceilingMs, FIRST_MS * 2 ** attempt));
}

/**
 * What a close code asks of the client: "retry", "refresh" (a new token, then retry),
 * "refresh_once" (as refresh, but a second time in a row is final) or "final".
 * Anything outside 4500-4999 is retried: WeChat reports a background kill as 1000.
 */
export function closeVerdict(code) {
  if (code === 4003) return "refresh";
  if (code === 4501) return "refresh_once";
  return code >= 4500 && code <= 4999 ? "final" : "retry";
}
