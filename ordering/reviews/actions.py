"""What is done to reviews and feedback: written, moderated, answered, closed.

A review belongs to its order and is locked after it, at the same rank; its dishes' sums follow its state in
the same transaction.
"""

from typing import Any

from django.conf import settings

from hub import clock, errors, jobs
from hub.errors import Refusal
from hub.transactions import Lock, Transaction
from ordering.dishes import ratings
from ordering.orders import access
from ordering.orders.models import Line, Order
from ordering.orders.states import LineState, OrderStatus
from ordering.restaurant.models import Store
from ordering.reviews import queries
from ordering.reviews.models import DishRating, Feedback, Review
from ordering.users.actors import Actor
from ordering.users.models import User

TEXT_CHECK = "review.text"
CHECK_PENDING, CHECK_PASSED = "pending", "pass"


def write(tx: Transaction, *, actor: Actor, review: dict[str, Any]) -> dict[str, Any]:
    """Review a completed order of one's own, once; the author's row.

    ``review`` is ``{"order", "rating", "dishes": [{"dish", "rating"}], "text", "anonymous"}``. Refuses
    404 a foreign order (its staff 403), 400 dishes that were not on it, 409 ``review.order_not_completed``
    and ``review.exists``.
    """
    order = _own(actor, review["order"])
    rated = _rated(order, review["dishes"])
    _refuse_state(tx.lock_one(Lock.ORDER, Order.objects.filter(pk=order.pk)))
    asked = _asks_wechat(review["text"])
    made = Review.objects.create(
        order=order,
        store=order.store,
        user=actor.user,
        rating=review["rating"],
        text=review["text"],
        is_anonymous=review["anonymous"],
        state=Review.State.PENDING if asked else Review.State.PUBLISHED,
        text_check=CHECK_PENDING if asked else "",
    )
    tx.created(made)
    DishRating.objects.bulk_create(
        DishRating(review=made, dish_id=dish, rating=rating) for dish, rating in sorted(rated.items())
    )
    if asked:
        jobs.add(TEXT_CHECK, str(made.pk), {"review": made.pk}, store=order.store.code)
    else:
        ratings.count_in(tx, order.store, rated)
    return queries.own_row(queries.one(made.pk))


def _own(actor: Actor, no: str) -> Order:
    order = access.load(no)
    if actor.user is None or order.diner_id != actor.user.pk:
        raise errors.forbidden() if actor.works_at(order.store.code) else errors.not_found()
    return order


def _rated(order: Order, dishes: list[dict[str, int]]) -> dict[int, int]:
    """``{dish id: rating}``; refuses what was not served on the order, and a dish named twice."""
    served, rated, wrong = _served(order), {}, []
    for index, row in enumerate(dishes):
        if row["dish"] not in served:
            wrong.append(_row(index, "not_ordered", "该订单中没有这道菜"))
        elif row["dish"] in rated:
            wrong.append(_row(index, "duplicate", "同一道菜只能评分一次"))
        rated[row["dish"]] = row["rating"]
    if wrong:
        raise errors.invalid(*wrong)
    return rated


def _served(order: Order) -> set[int]:
    """The dishes of the order's lines that were not voided, and the combos whose parts they are."""
    lines = Line.objects.filter(order=order).exclude(state=LineState.VOIDED)
    found = set()
    for dish, combo in lines.values_list("dish_id", "combo"):
        found |= {dish, combo["dish"]} if combo else {dish}
    return found


def _row(index: int, code: str, detail: str) -> dict[str, str]:
    return errors.row(f"dishes.{index}.dish", code, detail)


def _refuse_state(order: Order) -> None:
    if order.status != OrderStatus.COMPLETED:
        detail = "订单完成后才能评价"
        raise Refusal("review.order_not_completed", 409, detail, state=order.status, version=order.version)
    known = Review.objects.filter(order=order).values_list("pk", flat=True).first()
    if known is not None:
        raise Refusal("review.exists", 409, "该订单已评价", review=known)


def _asks_wechat(text: str) -> bool:
    return bool(text) and settings.WECHAT_TEXT_CHECK and settings.WECHAT_MODE != "off"


def publish(tx: Transaction, pk: int) -> dict[str, Any]:
    """Show the review to everybody; repeating it changes nothing. The staff's row."""
    return _moderate(tx, pk, Review.State.PUBLISHED)


def hide(tx: Transaction, pk: int) -> dict[str, Any]:
    """Show the review to its author and managers only; repeating it changes nothing. The staff's row."""
    return _moderate(tx, pk, Review.State.HIDDEN)


def _moderate(tx: Transaction, pk: int, state: Review.State) -> dict[str, Any]:
    _move(tx, _locked(tx, pk), state)
    return queries.staff_row(queries.one(pk))


def checked(tx: Transaction, pk: int, found: str) -> None:
    """Keep what WeChat says of the text; a good one is published unless a manager has decided meanwhile."""
    review = _locked(tx, pk)
    review.text_check = found
    review.save(update_fields=["text_check"])
    if found == CHECK_PASSED and review.state == Review.State.PENDING:
        _move(tx, review, Review.State.PUBLISHED)


def _locked(tx: Transaction, pk: int) -> Review:
    return tx.lock_one(Lock.ORDER, Review.objects.filter(pk=pk))


def _move(tx: Transaction, review: Review, state: Review.State) -> None:
    was, review.state = review.state, state
    review.save(update_fields=["state"])
    shown = Review.State.PUBLISHED
    if (was == shown) != (state == shown):
        count = ratings.count_in if state == shown else ratings.count_out
        count(tx, review.store, dict(review.ratings.values_list("dish_id", "rating")))


def reply(tx: Transaction, pk: int, actor: Actor, text: str) -> dict[str, Any]:
    """Answer a review as its restaurant; a later answer replaces an earlier one. The staff's row."""
    review = _locked(tx, pk)
    _answer(review, actor, text)
    review.save(update_fields=["reply", "replied_at", "replied_by"])
    return queries.staff_row(queries.one(pk))


def _answer(row: Review | Feedback, actor: Actor, text: str) -> None:
    row.reply, row.replied_at, row.replied_by = text, clock.now(), actor.label


def tell(tx: Transaction, user: User, store: Store, **said: str) -> dict[str, Any]:
    """Feedback to a restaurant: ``kind``, ``text``, ``contact``; its row."""
    told = Feedback.objects.create(store=store, user=user, **said)
    tx.created(told)
    return queries.feedback_row(told)


def reply_to_feedback(tx: Transaction, pk: int, actor: Actor, text: str) -> dict[str, Any]:
    """Answer; from then on it is in progress. Refuses 409 ``feedback.closed``. The staff's row."""
    feedback = tx.lock_one(Lock.ORDER, Feedback.objects.filter(pk=pk))
    if feedback.status == Feedback.Status.CLOSED:
        raise Refusal("feedback.closed", 409, "该反馈已关闭", state=feedback.status)
    _answer(feedback, actor, text)
    feedback.status = Feedback.Status.IN_PROGRESS
    feedback.save(update_fields=["reply", "replied_at", "replied_by", "status"])
    return queries.staff_feedback_row(feedback)


def close_feedback(tx: Transaction, pk: int) -> dict[str, Any]:
    """Nothing more is to be done; repeating it changes nothing. The staff's row."""
    feedback = tx.lock_one(Lock.ORDER, Feedback.objects.filter(pk=pk))
    if feedback.status != Feedback.Status.CLOSED:
        feedback.status, feedback.closed_at = Feedback.Status.CLOSED, clock.now()
        feedback.save(update_fields=["status", "closed_at"])
    return queries.staff_feedback_row(feedback)
