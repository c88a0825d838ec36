"""The shared client's own tests (tests/screens/js) run inside chromium, without any server."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
TESTS = Path(__file__).parent / "js"
STATIC = Path(__file__).resolve().parents[2] / "screens" / "static"
RUN = """async (path) => {
  const { tests } = await import(path);
  const failed = {};
  for (const [name, run] of Object.entries(tests)) {
    try { await run(); } catch (error) { failed[name] = String(error.stack || error); }
  }
  return { count: Object.keys(tests).length, failed };
}"""


# Each protection switched off: (test module, source, its text, what stands there instead).
CONTROLS = [
    ("rows", "hub-rows.js", "frame.seq <= this.position", "false"),
    ("rows", "hub-rows.js", "frame.prev > this.position", "false"),
    ("rows", "hub-rows.js", "old.version >= version", "false"),
    ("rows", "hub-rows.js", "frame.part < frame.parts", "false"),
    ("client", "hub-rows.js", "this.position >= this.head", "true"),
    ("client", "hub-socket.js", "if (silent) ", "if (false) "),
    ("client", "hub-socket.js", "code >= 4000 || !bye ? code : bye.code", "code"),
    ("client", "hub-client.js", "if (gap) ", "if (false) "),
    ("client", "hub-client.js", "!rows.live) return", "false) return"),
    ("client", "hub-announce.js", "if (!this.silent) ", ""),
    ("rows", "hub-rows.js", "this.degraded = true", "return false"),
    ("cart", "cart.js", "this.pending() || ", ""),
    ("cart", "cart.js", "if (refused(error)) ", ""),
    ("pay", "pay.js", "if (!this.keys.has(order.no)) ", ""),
    ("pay", "pay.js", "this.keys.delete(order.no);", ""),
    ("pay", "pay.js", "if (tab) tab.close();", ""),
    ("api", "hub-api.js", "if (!this.refreshing) ", ""),
    ("api", "hub-api.js", "stored.access !== before.access", "false"),
    ("api", "hub-api.js", "Boolean(options.key)", "true"),
    ("board", "calls.js", "if (this.calling === number || this.waiting.includes(number)) return;", ""),
    ("board", "calls.js", "if (this.calling === null) this.next();", "this.next();"),
    ("kitchen", "taps.js", "answer.version <= row.version", "false"),
    ("kitchen", "taps.js", "version: line.version + 1", "version: line.version"),
    ("kitchen", "taps.js", "if (grey) ", "if (false) "),
    ("kitchen", "seen.js", "&& VOIDING.has(kind)", ""),
    ("kitchen", "seen.js", 'filter((line) => line.state === "voided")', "filter(() => true)"),
    ("kitchen", "seen.js", "&& !this.silent", ""),
    ("kitchen", "bell.js", "> NEW_MS", "> Infinity"),
    ("kitchen", "bell.js", "this.fresh.clear();", ""),
    ("alarm", "alarm.js", "this.timer = this.timers.setTimeout(() => this.sound(), EVERY_MS);", ""),
    ("alarm", "alarm.js", ".filter((no) => !this.muted.has(no))", ""),
    ("alarm", "alarm.js", "news.length || ", ""),
    ("words", "words.js", "same && !entry.detail", "false"),
    ("words", "words.js", "before && before.data", "null"),
    ("queue", "hub-queue.js", "this.busy || ", ""),
    ("queue", "hub-queue.js", "|| this.timer !== null", ""),
    ("queue", "hub-queue.js", "this.store.put(tap).catch(NOTHING);", ""),
    ("queue", "hub-queue.js", "this.store.remove(tap.op_id).catch(NOTHING);", ""),
    ("queue", "hub-queue.js", ".sort(inOrder)", ""),
    ("queue", "hub-queue.js", ' || code === "idempotency.in_progress"', ""),
    ("queue", "hub-queue.js", "if (alreadySo(tap, error)) ", "if (false) "),
    ("queue", "hub-queue.js", "&& this.attempt + 1 >= BROKEN_MOST", "&& false"),
    ("queue", "hub-queue.js", "{ ...body, op_id, client_at }", "{ ...body, client_at }"),
]


def serve(route, changed):
    """Static files and test modules from disk under a pretended host; `changed` = {file name: (old, new)}."""
    path = route.request.url.split("://kaifan.test", 1)[1]
    if path == "/":
        return route.fulfill(body="<!doctype html><title>t</title>", content_type="text/html")
    folder = STATIC if path.startswith("/static/") else TESTS
    text = (folder / path.removeprefix("/static/").removeprefix("/js/")).read_text()
    old, new = changed.get(Path(path).name, ("", ""))
    assert old in text
    return route.fulfill(body=text.replace(old, new, 1), content_type="text/javascript")


def run(browser, module, changed):
    page = browser.new_page()
    page.route("https://kaifan.test/**", lambda route: serve(route, changed))
    page.goto("https://kaifan.test/")
    result = page.evaluate(RUN, f"/js/{module}.test.mjs")
    page.close()
    return result


@pytest.mark.parametrize(
    ("module", "at_least"),
    [
        ("rows", 13),
        ("client", 17),
        ("api", 9),
        ("cart", 4),
        ("pay", 8),
        ("board", 6),
        ("queue", 14),
        ("kitchen", 12),
        ("alarm", 5),
        ("words", 6),
    ],
)
def test_module(browser, module, at_least):
    result = run(browser, module, {})
    assert result["failed"] == {}
    assert result["count"] >= at_least


@pytest.mark.parametrize(("module", "source", "old", "new"), CONTROLS)
def test_without_the_protection_a_test_fails(browser, module, source, old, new):
    assert run(browser, module, {source: (old, new)})["failed"] != {}
