"""WeChat's text check of a review; nothing waits for it but the review's being public.

What passes is published. Whatever else, and what could not be checked, stays pending for a manager.
"""

from typing import Any

from hub.transactions import transact
from ordering.reviews import actions
from ordering.reviews.models import Review
from ordering.users.wechat import jobs as wechat_jobs
from ordering.users.wechat import textcheck


def check(payload: dict[str, Any]) -> None:
    """Outbox job: ask WeChat about the review's text, and keep what it says. Raises Later or Never."""
    review = Review.objects.get(pk=payload["review"])
    openid = wechat_jobs.openid_of(review.user_id)
    if openid is None:
        return
    found = textcheck.check(review.text, openid)
    transact(lambda tx: actions.checked(tx, review.pk, found), actor="system")
