"""`python -m benchmarks.screens`: the kitchen in chromium: first paint, bumps, 200 tickets, memory."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.live import LiveServer
from tests.screens.conftest import FLAGS, chromium_path
from tests.screens.kitchens import Shift, enter, pretended
from tests.screens.pages import until

ROUNDS = 5
FIRST_PAINT = """async () => {
  while (!document.querySelector(".ticket")) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now();
}"""
TO_FRAME = """async (count) => {
  const spans = [];
  for (let n = 0; n < 40; n += 1) {
    const from = performance.now();
    const id = count - n;
    const gone = () => !document.querySelector(`[data-order="N${id}"]`);
    happen("order.completed", id, 2, null);
    while (!gone()) await new Promise(requestAnimationFrame);
    spans.push(performance.now() - from);
  }
  return spans;
}"""
OWN_TAP = """async () => {
  const spans = [];
  window.fetch = () => new Promise(() => {});
  for (let n = 0; n < 20; n += 1) {
    const head = document.querySelector(".ticket .head");
    const id = head.parentElement.dataset.ticket;
    const from = performance.now();
    head.click();
    spans.push(document.querySelector(`[data-ticket="${id}"]`) ? Infinity : performance.now() - from);
    await new Promise(requestAnimationFrame);
  }
  return spans;
}"""
MANY = """async ([from, events]) => {
  for (let n = from; n < from + events; n += 1) {
    happen("order.accepted", 1000 + n, 1, orderOf(1000 + n));
    happen("line.ready", 1000 + n, 2, orderOf(1000 + n, { state: "ready" }));
    happen("order.completed", 1000 + n, 3, null);
    if (n % 50 === 0) await frames(2);
  }
  await frames(3);
}"""


@contextmanager
def throttled(page: Page, rate: int) -> Iterator[CDPSession]:
    """The page on a processor that is `rate` times slower."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": rate})
    yield session
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})


def first_paint(browser: Browser, server: LiveServer) -> dict[str, float]:
    """Milliseconds from the start of a load to the first tickets, 60 open: a known device, and a new one."""
    shift = Shift(server)
    for _ in range(60):
        shift.order("扬州炒饭", "蒜蓉西兰花")
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    page = enter(context.new_page(), server.base_url)
    until(page, "Boolean(navigator.serviceWorker.controller)")
    found: dict[str, list[float]] = {"known device": [], "nothing kept": []}
    for _ in range(ROUNDS):
        with throttled(page, 4):
            page.reload(wait_until="commit")
            found["known device"].append(page.evaluate(FIRST_PAINT))
        time.sleep(1.5)
        bare = browser.new_context(
            storage_state={"cookies": [], "origins": [origin(page, server)]},
            service_workers="block",
            locale="zh-CN",
        ).new_page()
        bare.goto(server.base_url + "/healthz")
        with throttled(bare, 4):
            bare.goto(server.base_url + "/kitchen/", wait_until="commit")
            found["nothing kept"].append(bare.evaluate(FIRST_PAINT))
        bare.context.close()
    context.close()
    return {name: median(values) for name, values in found.items()}


def origin(page: Page, server: LiveServer) -> dict[str, object]:
    """The log-in of this page and nothing else of what it keeps."""
    kept = page.evaluate("Object.entries(localStorage).filter(([name]) => name.startsWith('kaifan.'))")
    return {
        "origin": server.base_url,
        "localStorage": [{"name": name, "value": value} for name, value in kept],
    }


def spans(browser: Browser, server: LiveServer, tickets: int, script: str, rate: int = 1) -> float:
    """The median of what the script measures at so many open tickets, in milliseconds."""
    page = pretended(browser, server.base_url, tickets, service_workers="block")
    with throttled(page, rate):
        found = page.evaluate(script, tickets)
    page.context.close()
    return median(found)


def heap(browser: Browser, server: LiveServer, events: int) -> list[float]:
    """MiB of JavaScript heap after collection: with 60 tickets, and after each quarter of the events."""
    page = pretended(browser, server.base_url, 60, service_workers="block")
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    page.evaluate(MANY, [0, 500])
    found = []
    for part in range(5):
        if part:
            page.evaluate(MANY, [part * events, events // 12])
        session.send("HeapProfiler.collectGarbage")
        found.append(session.send("Runtime.getHeapUsage")["usedSize"] / 2**20)
    page.context.close()
    return found


def measures(browser: Browser, server: LiveServer) -> Iterator[tuple[str, str, str, bool]]:
    """(what, figure, target, met)."""
    for name, ms in first_paint(browser, server).items():
        yield f"first tickets, 60 open, 4× slower CPU, {name}", f"{ms:.0f} ms", "≤ 1000 ms", ms <= 1000
    own = spans(browser, server, 60, OWN_TAP)
    yield "own bump on this screen, in the same task", f"{own:.1f} ms", "≤ 16.7 ms", own <= 16.7
    few, many = (spans(browser, server, tickets, TO_FRAME) for tickets in (60, 200))
    yield "frame of the hub → gone from the screen, 60 tickets", f"{few:.1f} ms", "≤ 2 frames", few <= 33.4
    yield "the same, 200 tickets", f"{many:.1f} ms", "≤ 2 frames", many <= 33.4
    found = heap(browser, server, 10000)
    grown = found[-1] - found[1]
    shown = " → ".join(f"{value:.1f}" for value in found)
    yield "heap after 0, 2500 … 10,000 events", f"{shown} MiB", "grows ≤ 1 MiB", grown <= 1


def main(report: Callable[[str], None] = print) -> int:
    """Exit code 1 when a target is missed."""
    good = True
    with LiveServer("serve") as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for what, figure, target, met in measures(browser, server):
            good = good and met
            report(f"{what}: {figure}   (target {target}: {'yes' if met else 'NO'})")
        browser.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
