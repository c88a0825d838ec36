"""WeChat's text check: is what a guest wrote fit to be shown? For outbox jobs; nothing waits for it."""

from hub.jobs import Later
from ordering.users.wechat import jobs as wechat_jobs

PATH = "/wxa/msg_sec_check"
LONGEST = 2500
COMMENT = 2
PASS, REVIEW, RISKY = "pass", "review", "risky"
WORSE = (PASS, REVIEW, RISKY)


def check(text: str, openid: str) -> str:
    """``pass``, ``review`` (a person should look) or ``risky``; the worst part of a long text counts.

    The writer must have used the mini program within two hours. Raises Later or Never: whatever could not be
    checked stays unchecked, it does not pass.
    """
    parts = [text[start : start + LONGEST] for start in range(0, len(text), LONGEST)]
    return max((_check(part, openid) for part in parts), key=WORSE.index, default=PASS)


def _check(text: str, openid: str) -> str:
    answer = wechat_jobs.ask(PATH, {"version": 2, "scene": COMMENT, "openid": openid, "content": text})
    found = (answer.json.get("result") or {}).get("suggest") if answer else None
    if found not in WORSE:
        raise Later("wechat.unclear")
    return str(found)
