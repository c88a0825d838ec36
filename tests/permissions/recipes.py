"""How staff succeed at every address that changes something: who, with what body, after what preparation."""

from collections.abc import Callable
from io import BytesIO
from typing import Any, NamedTuple

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from hub import clock
from hub.transactions import transact
from ordering.dishes.models import Category
from ordering.orders import submit
from ordering.orders.models import Line, Order
from ordering.restaurant.models import Station
from ordering.reviews.models import Review
from tests.ordering.dishes.sheets.books import dish, menu
from tests.permissions.callers import COOK, COUNTER, MANAGER, OWNER
from tests.permissions.house import House

STAFF_WORDS = {"counter", "kitchen", "manager", "staff", "user", "known"}
WRITES_NOTHING = {"POST /api/v1/orders/quote/"}


class Recipe(NamedTuple):
    """``prepare`` makes it possible and may name what the path stands for instead of the house's things."""

    caller: str = MANAGER
    body: Callable[[House], dict[str, Any]] | dict[str, Any] | None = None
    prepare: Callable[[House], dict[str, Any] | None] = lambda house: None
    format: str = "json"


def placed(house: House) -> dict[str, Any]:
    """A paid order that waits for the counter."""
    return {"no": an_order(house, status="placed", placed_at=clock.now(), paid_fen=3800)}


def unpaid(house: House) -> dict[str, Any]:
    """An order that waits for money."""
    return {"no": an_order(house)}


def an_order(house: House, **fields: Any) -> str:
    """One more pickup order of the owner's, put into a state by hand."""
    owner = house.cast[OWNER].actor
    no = transact(lambda tx: submit.submit(tx, actor=owner, order=house.basket()), actor="tests")["no"]
    Order.objects.filter(no=no).update(**fields)
    return no


def order_with(**fields: Any) -> Callable[[House], None]:
    """The house's order as it should be."""
    return lambda house: Order.objects.filter(no=house.no).update(**fields) and None


def line_with(**fields: Any) -> Callable[[House], None]:
    """The house's line as it should be."""
    return lambda house: Line.objects.filter(pk=house.line).update(**fields) and None


def own_completed_order(house: House) -> None:
    """The manager has dined here himself."""
    Review.objects.all().delete()
    Order.objects.filter(no=house.no).update(status="completed", diner=house.cast[MANAGER].user)


def picture(house: House) -> dict[str, Any]:
    """A small PNG."""
    made = BytesIO()
    Image.new("RGB", (8, 8), "red").save(made, "PNG")
    return {"image": SimpleUploadedFile("a.png", made.getvalue(), "image/png")}


def menu_sheet(house: House) -> dict[str, Any]:
    """A workbook of one dish in the category that the house has."""
    content = menu(菜品=[dish("新菜", category=house.dish.category.name)])
    return {"file": SimpleUploadedFile("menu.xlsx", content)}


def now_ready() -> dict[str, Any]:
    return {"state": "ready", "ready_at": clock.now()}


OPENING = {"weekday": 0, "opens": "10:00", "closes": "22:00"}
RECIPES: dict[str, Recipe] = {
    "DELETE /api/v1/categories/{pk}/": Recipe(
        prepare=lambda house: {"pk": Category.objects.create(store=house.store, name="空").pk}
    ),
    "POST /api/v1/coupons/": Recipe(
        body=lambda house: {
            "store": house.store.code, "name": "新", "kind": "fixed", "amount_fen": 100, "valid_days": 7,
        }
    ),
    "POST /api/v1/dishes/{pk}/image/": Recipe(body=picture, format="multipart"),
    "PATCH /api/v1/dishes/{pk}/": Recipe(body={"price_fen": 4200}),
    "POST /api/v1/dishes/{pk}/stock/": Recipe(COOK, {"remaining": 5}),
    "POST /api/v1/feedback/": Recipe(
        body=lambda house: {"store": house.store.code, "kind": "praise", "text": "好"}
    ),
    "POST /api/v1/feedback/{pk}/reply/": Recipe(body={"reply": "谢谢"}),
    "POST /api/v1/kitchen/lines/{pk}/fire/": Recipe(COUNTER, prepare=line_with(state="held")),
    "POST /api/v1/kitchen/lines/{pk}/recall/": Recipe(
        COOK, prepare=lambda house: line_with(**now_ready())(house)
    ),
    "POST /api/v1/kitchen/lines/{pk}/serve/": Recipe(
        COOK, prepare=lambda house: line_with(**now_ready())(house)
    ),
    "PATCH /api/v1/me/": Recipe(body={"language": "en"}),
    "POST /api/v1/me/password/": Recipe(body={"current": "demo", "new": "a-long-phrase-8"}),
    "POST /api/v1/me/phone/": Recipe(body={"code": "phone"}),
    "DELETE /api/v1/me/sessions/{sid}/": Recipe(
        prepare=lambda house: {"sid": house.cast[MANAGER].actor.sid}
    ),
    "POST /api/v1/orders/{no}/accept/": Recipe(COUNTER, prepare=placed),
    "POST /api/v1/orders/{no}/complete/": Recipe(COUNTER, prepare=order_with(status="ready")),
    "POST /api/v1/orders/{no}/pay/": Recipe(COUNTER, prepare=unpaid),
    "POST /api/v1/orders/{no}/refunds/": Recipe(COUNTER, {"reason": "凉了"}),
    "POST /api/v1/orders/{no}/reject/": Recipe(COUNTER, {"reason": "too_busy"}, placed),
    "POST /api/v1/orders/{no}/request-cancel/approve/": Recipe(
        COUNTER, prepare=lambda house: order_with(cancel_requested_at=clock.now())(house)
    ),
    "POST /api/v1/orders/{no}/request-cancel/refuse/": Recipe(
        COUNTER, prepare=lambda house: order_with(cancel_requested_at=clock.now())(house)
    ),
    "POST /api/v1/orders/{no}/rush/answer/": Recipe(
        COOK, {"answer": "soon"}, lambda house: order_with(rush_count=1, last_rush_at=clock.now())(house)
    ),
    "POST /api/v1/reviews/": Recipe(
        body=lambda house: {"order": house.no, "rating": 5}, prepare=own_completed_order
    ),
    "POST /api/v1/reviews/{pk}/reply/": Recipe(body={"reply": "谢谢"}),
    "DELETE /api/v1/stations/{pk}/": Recipe(
        prepare=lambda house: {"pk": Station.objects.create(store=house.store, code="grill", name="烧烤").pk}
    ),
    "PATCH /api/v1/stores/{code}/": Recipe(body={"notice": "今日有蟹"}),
    "POST /api/v1/stores/{code}/menu/import/": Recipe(body=menu_sheet, format="multipart"),
    "POST /api/v1/stores/{code}/categories/": Recipe(body={"name": "汤"}),
    "POST /api/v1/stores/{code}/dishes/": Recipe(
        body=lambda house: {
            "name": "汤", "category": house.dish.category_id, "station": "wok", "price_fen": 100,
        }
    ),
    "PUT /api/v1/stores/{code}/opening-hours/": Recipe(body={"opening_hours": [OPENING]}),
    "POST /api/v1/stores/{code}/stations/": Recipe(body={"code": "grill", "name": "烧烤"}),
    "POST /api/v1/stores/{code}/tables/": Recipe(body={"code": "t9", "name": "9号桌"}),
    "DELETE /api/v1/tables/{pk}/": Recipe(prepare=lambda house: {"pk": house.store.tables.get(code="t4").pk}),
    "POST /api/v1/tables/{pk}/pay/": Recipe(COUNTER, {"amount_fen": 3800}, order_with(paid_fen=0)),
    "POST /api/v1/tables/{pk}/move/": Recipe(COUNTER, {"to": "t3"}),
}  # fmt: skip


def recipe(operation: str, access: str) -> Recipe:
    """The recipe of an operation; what needs none is asked as in the matrix, by somebody who may."""
    words = set(access.split("|"))
    callers = {"kitchen": COOK, "counter": COUNTER, "manager": MANAGER}
    usual = next((callers[word] for word in callers if word in words), MANAGER)
    return RECIPES.get(operation, Recipe(usual))
