"""A basket becomes an order's lines, in a fixed number of statements whatever its size."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from hub import errors
from hub.errors import Refusal
from hub.transactions import Transaction
from ordering.dishes import catalogue, stock
from ordering.orders import pricing
from ordering.orders.models import Batch, Line, Order
from ordering.orders.pricing import Priced, Wanted
from ordering.orders.states import IN_KITCHEN, LineState
from ordering.restaurant import queries as restaurant
from ordering.restaurant.models import Store

LINES_LIMIT = 100
DETAILS = {
    "dish.not_found": "菜品不存在",
    "option.invalid": "规格选择有误",
    "option.required": "请选择必选规格",
    "dish.not_available": "该菜品当前不在供应时段",
    "stock.sold_out": "该菜品已售罄",
}
BAD_BODY = {"dish.not_found": "dish", "option.invalid": "options", "option.required": "options"}


def wanted(rows: Sequence[dict[str, Any]]) -> list[Wanted]:
    """The lines of a validated body."""
    return [
        Wanted(row["dish"], row["quantity"], tuple(row.get("options") or ()), row.get("remark") or "")
        for row in rows
    ]


def check_open(store: Store, at: datetime) -> None:
    """Refuse with 409 ``store.closed`` when the store takes no orders now."""
    if not restaurant.is_open_now(store, at):
        raise Refusal("store.closed", 409, "门店当前不接单", store=store.code)


class Basket:
    """Lines with their prices at ``at``; reads the offers when it is made."""

    def __init__(self, store: Store, lines: Sequence[Wanted], at: datetime) -> None:
        self.store = store
        self.offers = catalogue.offered(store, {line.dish for line in lines}, at)
        self.lines: list[Priced] = pricing.price(self.offers, lines)

    @property
    def subtotal_fen(self) -> int:
        """What can be had of it costs this much."""
        return pricing.subtotal(self.lines)

    @property
    def size(self) -> int:
        """How many lines of an order it becomes."""
        return sum(len(line.parts) for line in self.lines)

    @property
    def amounts(self) -> list[tuple[int, int]]:
        """(dish, fen) of every line that can be had, as coupons look at them."""
        return [(line.wanted.dish, line.amount_fen) for line in self.lines if not line.refusal]

    @property
    def parts(self) -> list[pricing.Part]:
        """What can be had of it, as the kitchen makes it."""
        return [part for line in self.lines if not line.refusal for part in line.parts]

    def check(self, present: int = 0) -> None:
        """Refuse the basket for its first line that cannot be had; ``present`` lines are there already."""
        for number, line in enumerate(self.lines):
            if line.refusal:
                raise _refusal(number, line)
        if present + self.size > LINES_LIMIT:
            raise Refusal("order.too_many_lines", 409, "订单菜品过多,请分单", limit=LINES_LIMIT)

    def take(self, tx: Transaction) -> None:
        """Take the portions off the stock, in one statement whatever their number."""
        quantities: dict[int, int] = {}
        for line in self.lines:
            quantities[line.wanted.dish] = quantities.get(line.wanted.dish, 0) + line.wanted.quantity
        stock.take(tx, self.store, catalogue.portions(self.offers, quantities), limited=self._limited())

    def _limited(self) -> set[int]:
        dishes = {dish for dish, offer in self.offers.items() if offer.remaining is not None}
        parts = {
            part.dish for offer in self.offers.values() for part in offer.combo if part.remaining is not None
        }
        return dishes | parts

    def insert(self, order: Order, number: int, sent_by: str, at: datetime) -> list[Line]:
        """Insert the batch and its lines; the lines with their ids."""
        batch = Batch.objects.create(order=order, number=number, sent_by=sent_by, sent_at=at)
        queued_at = at if order.status in IN_KITCHEN else None
        return _with_ids(batch, [_line(order, batch, part, queued_at) for part in self.parts])


def _line(order: Order, batch: Batch, part: pricing.Part, queued_at: datetime | None) -> Line:
    return Line(
        order=order,
        batch=batch,
        dish_id=part.dish,
        combo=part.combo,
        name=part.name,
        options=list(part.options),
        quantity=part.quantity,
        unit_price_fen=part.unit_price_fen,
        amount_fen=part.amount_fen,
        station=part.station,
        state=LineState.QUEUED,
        remark=part.remark,
        queued_at=queued_at,
    )


def _with_ids(batch: Batch, lines: list[Line]) -> list[Line]:
    """Insert the lines in one statement (the ORM cuts it into pieces on SQLite) and give them their ids."""
    fields = [field for field in Line._meta.concrete_fields if not field.primary_key]
    rows = [
        [field.get_db_prep_save(field.pre_save(line, True), connection) for field in fields] for line in lines
    ]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    values = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * len(rows))
    returning = connection.features.can_return_rows_from_bulk_insert
    sql = f"INSERT INTO {quote(Line._meta.db_table)} ({columns}) VALUES {values}"
    with connection.cursor() as cursor:
        cursor.execute(sql + " RETURNING id" * returning, [cell for row in rows for cell in row])
        ids = [row[0] for row in cursor.fetchall()] if returning else _ids(batch)
    # Within one statement ids rise in the order of the rows.
    for line, pk in zip(lines, sorted(ids), strict=True):
        line.pk = pk
        line._state.adding = False
    return lines


def _ids(batch: Batch) -> list[int]:
    """For MySQL, which tells no ids of a bulk insert."""
    return list(Line.objects.filter(batch=batch).values_list("pk", flat=True))


def _refusal(number: int, line: Priced) -> Refusal:
    code = line.refusal or ""
    detail = DETAILS[code]
    if code not in BAD_BODY:
        return Refusal(code, 409, detail, line=number, **line.facts)
    row = errors.row(f"lines.{number}.{BAD_BODY[code]}", code, detail)
    return Refusal(code, 400, detail, errors=[row])
