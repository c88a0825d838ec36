"""The cashier: where a person plays the guest who pays. Pages without scripts and outside requests."""

from pathlib import Path
from typing import Any

from django.template import Context, Engine
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox import signing
from sandbox.errors import Refused
from sandbox.keys import Keys
from sandbox.ledger import Ledger, Prepay
from sandbox.moments import china

SHOWN = 50
ENGINE = Engine(dirs=[str(Path(__file__).parent / "templates" / "sandbox")])
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"
HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
SIGNED = ("timeStamp", "nonceStr", "package", "signType", "paySign")
SIGNATURE = "paySign 应由商户私钥对 appId、timeStamp、nonceStr、package 四行签名，signType 为 RSA。"
SAID = {"SUCCESS": "支付成功", "REFUND": "已付款，有退款", "CLOSED": "订单已关闭"}


def page(name: str, status: int = 200, **facts: Any) -> HTMLResponse:
    """A template as an answer; `facts` are texts, so that nothing asks for Django's settings."""
    html = ENGINE.get_template(f"{name}.html").render(Context(facts))
    return HTMLResponse(html, status, HEADERS)


def shown(prepay: Prepay, now: float) -> dict[str, Any]:
    """An order as the pages tell it: texts only."""
    pending = "待付款" if prepay.payable(now) else "已过付款时间"
    return {
        "id": prepay.prepay_id,
        "number": prepay.out_trade_no,
        "description": prepay.description,
        "yuan": f"{prepay.total_fen // 100}.{prepay.total_fen % 100:02d}",
        "payer": prepay.openid,
        "at": f"{china(prepay.created_at):%H:%M:%S}",
        "until": f"{china(prepay.expires_at):%H:%M:%S}" if prepay.expires_at else "",
        "state": prepay.state,
        "said": SAID.get(prepay.state, pending),
        "transaction": prepay.transaction_id or "",
        "payable": prepay.payable(now),
        "cancelled": prepay.state == "NOTPAY" and prepay.cancelled_at is not None,
    }


def verified(keys: Keys, prepay: Prepay, query: dict[str, str]) -> bool:
    """Whether the client's pay parameters are the merchant's, and for this very order."""
    if query.get("package") != f"prepay_id={prepay.prepay_id}" or query.get("signType") != "RSA":
        return False
    lines = [prepay.appid, query.get("timeStamp", ""), query.get("nonceStr", ""), query["package"]]
    message = "".join(f"{line}\n" for line in lines).encode()
    return signing.verify(keys.merchant_public, message, query.get("paySign", ""))


def overview(request: Request) -> Response:
    """What waits to be paid, newest first, and what was paid last."""
    ledger: Ledger = request.app.state.ledger
    now = ledger.now()
    rows = [shown(prepay, now) for prepay in ledger.prepays()]
    pending = [row for row in rows if row["payable"]]
    done = [row for row in rows if not row["payable"]]
    return page("cashier", pending=pending[:SHOWN], done=done[:5])


def order(request: Request) -> Response:
    """One order; pay parameters in the query must carry the merchant's signature, else 400 and no button."""
    ledger, keys = request.app.state.ledger, request.app.state.keys
    try:
        prepay = ledger.prepay(request.path_params["prepay_id"])
    except Refused as refusal:
        return page("wrong", refusal.status, what=refusal.message, up="../")
    query = dict(request.query_params)
    if query.keys() & set(SIGNED) and not verified(keys, prepay, query):
        return page("wrong", 400, what="支付验证签名失败", up="../", hint=SIGNATURE)
    return page("order", one=shown(prepay, ledger.now()), signed=bool(query.get("paySign")))


def pay(request: Request) -> Response:
    """The guest pays."""
    return decide(request, paid)


def cancel(request: Request) -> Response:
    """The guest leaves without paying."""
    return decide(request, cancelled)


def paid(ledger: Ledger, prepay_id: str) -> dict[str, Any]:
    """What WeChat's app would know after a payment."""
    done = ledger.pay(prepay_id)
    return {
        "out_trade_no": done.out_trade_no,
        "transaction_id": done.transaction_id,
        "trade_state": done.trade_state,
    }


def cancelled(ledger: Ledger, prepay_id: str) -> dict[str, Any]:
    """The order as it stays: unpaid."""
    left = ledger.cancel(prepay_id)
    return {"out_trade_no": left.out_trade_no, "trade_state": left.state}


def decide(request: Request, do: Any) -> Response:
    """Do it; a browser goes back to the order's page, a program gets JSON."""
    browser = "text/html" in request.headers.get("accept", "")
    try:
        done = do(request.app.state.ledger, request.path_params["prepay_id"])
    except Refused as refusal:
        if browser:
            return page("wrong", refusal.status, what=refusal.message, up="../../")
        return JSONResponse({"code": refusal.code, "message": refusal.message}, refusal.status)
    return RedirectResponse("../", 303) if browser else JSONResponse(done)


routes = [
    Route("/cashier/", overview, methods=["GET"]),
    Route("/cashier/{prepay_id}/", order, methods=["GET"]),
    Route("/cashier/{prepay_id}/pay/", pay, methods=["POST"]),
    Route("/cashier/{prepay_id}/cancel/", cancel, methods=["POST"]),
]
