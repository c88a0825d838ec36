// The screen as an installed app: its own worker keeps shell and files for when there is no network.

const UPDATE_MS = 30 * 60000;

/** Registers the worker once the first tickets stand; a new version waits and takes over at the next load. */
export function keepOffline() {
  if (!navigator.serviceWorker) return;
  const registered = navigator.serviceWorker.register("/kitchen/worker.js", { scope: "/kitchen/", updateViaCache: "none" });
  registered.then((registration) => setInterval(() => registration.update().catch(() => null), UPDATE_MS)).catch(() => null);
}
