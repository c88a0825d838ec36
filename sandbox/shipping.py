"""The rules of uploading delivery information: only for a paid order of this merchant, once."""

from datetime import datetime
from typing import Any

from sandbox.ledger import Ledger, Prepay
from sandbox.people import ApiError

LONGEST_ITEM = 120
BY_TRANSACTION, BY_NUMBER = 2, 1
LOGISTICS = (1, 2, 3, 4)  # express, city, virtual, pick-up


def check(body: dict[str, Any], ledger: Ledger, mchid: str, before: list[dict[str, Any]]) -> None:
    """ApiError for what WeChat refuses; `before` are the uploads it took so far."""
    paid = paid_order(body.get("order_key"), ledger, mchid)
    check_parcels(body)
    openid = (body.get("payer") or {}).get("openid")
    if openid != paid.openid:
        raise ApiError(10060022, "payer openid does not match the order")
    keys = [upload["order_key"] for upload in before]
    if any(names(key, paid) for key in keys):
        raise ApiError(10060023, "shipping info is not updated")


def paid_order(key: Any, ledger: Ledger, mchid: str) -> Prepay:
    """The paid order that `order_key` names; ApiError 10060001 where there is none, 10060004 unpaid."""
    if not isinstance(key, dict) or key.get("order_number_type") not in (BY_TRANSACTION, BY_NUMBER):
        raise ApiError(268485228, "invalid order_number_type")
    if key["order_number_type"] == BY_NUMBER and key.get("mchid") != mchid:
        raise ApiError(268485197, "invalid mchid")
    found = next((prepay for prepay in ledger.prepays() if names(key, prepay)), None)
    if found is None:
        raise ApiError(10060001, "order not exist")
    if not found.transaction_id:
        raise ApiError(10060004, "order can not be shipped")
    return found


def names(key: dict[str, Any], prepay: Prepay) -> bool:
    """Whether `order_key` names this order."""
    if key.get("order_number_type") == BY_TRANSACTION:
        return bool(prepay.transaction_id) and key.get("transaction_id") == prepay.transaction_id
    return bool(key.get("out_trade_no") == prepay.out_trade_no)


def check_parcels(body: dict[str, Any]) -> None:
    """ApiError for wrong kinds, times and parcels; a pick-up too has one parcel with a description."""
    if body.get("logistics_type") not in LOGISTICS:
        raise ApiError(10060005, "invalid logistics_type")
    if body.get("delivery_mode") not in (1, 2):
        raise ApiError(268485224, "invalid delivery_mode")
    parcels = body.get("shipping_list")
    if not isinstance(parcels, list) or len(parcels) != 1 or not isinstance(parcels[0], dict):
        raise ApiError(10060006, "shipping_list must hold one item")
    item = parcels[0].get("item_desc")
    if not isinstance(item, str) or not item:
        raise ApiError(10060008, "item_desc is empty")
    if len(item) > LONGEST_ITEM:
        raise ApiError(10060009, "item_desc is too long")
    check_time(body.get("upload_time"))


def check_time(text: Any) -> None:
    """ApiError 268485216 unless `text` is RFC 3339 with its offset."""
    try:
        if datetime.fromisoformat(text).tzinfo is None:
            raise ValueError(text)
    except (TypeError, ValueError) as error:
        raise ApiError(268485216, "invalid upload_time") from error
