"""THE vocabulary of refusals: every stable code with its status, meaning, and the requests it may answer.

A code never changes its meaning. ``at`` is searched in ``METHOD /path`` of the OpenAPI document; codes
without one belong to kinds of requests (`hub.openapi_problems`) or to sockets.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A reason to say no: a sentence for whoever writes a client."""

    status: int
    says: str
    at: str = ""


ORDER = r"/orders/\{no\}/"
MOVES = ORDER + r"(accept|reject|complete|cancel|request-cancel|rush)/"
LINES = r"/kitchen/(lines|tickets)/.*(start|ready|recall|serve|fire|void)/"
CART_SUBMIT = r"POST .*/cart/submit/"
BASKET = r"POST .*/(orders|orders/quote|orders/\{no\}/batches|cart/lines|cart/submit)/$"
TABLE_TOKEN = r"POST .*/orders/(quote/)?$|/tables/resolve/|/auth/guest/|/cart/"
HOLDERS = "/auth/(refresh|logout)/"
PICTURES = r"POST .*/images?/$"
KEPT_PICTURES = r"POST .*/images?/$|/mini-code/$"
WORKBOOKS = r"POST .*/menu/import/$"
WECHAT = r"POST .*/(auth/wechat|me/phone)/$"

PROBLEMS = {
    "auth.required": Problem(401, "The request needs a bearer token."),
    "auth.token_expired": Problem(
        401, "The token is over; refresh it once, then repeat the request.", HOLDERS
    ),
    "auth.token_invalid": Problem(
        401, "The token is forged, revoked or of another kind; log in again.", HOLDERS
    ),
    "auth.forbidden": Problem(403, "The caller is known, but this is not theirs to do."),
    "auth.refresh_reused": Problem(
        401, "A refresh token came a second time; the session is revoked.", "/auth/refresh/"
    ),
    "auth.credentials_wrong": Problem(401, "Name or password is wrong.", "/auth/login/"),
    "auth.too_many_attempts": Problem(
        429,
        "Too many wrong passwords or codes for this name or address; wait for Retry-After.",
        "/auth/login/|/me/password/|/auth/invitation/|/devices/claim/",
    ),
    "auth.password_wrong": Problem(400, "The current password is wrong.", "/me/password/"),
    "auth.code_invalid": Problem(400, "WeChat does not know this code, or it is used up.", WECHAT),
    "auth.too_fast": Problem(429, "WeChat limits log-ins of this user; wait for Retry-After.", WECHAT),
    "auth.wechat_refused": Problem(403, "WeChat blocks this user.", WECHAT),
    "auth.wechat_unavailable": Problem(503, "WeChat does not answer; wait for Retry-After.", WECHAT),
    "body.invalid": Problem(
        400, "Body or query do not fit; `errors` names each field with a code and a sentence."
    ),
    "body.malformed": Problem(400, "The body is not JSON."),
    "body.too_large": Problem(413, "The body is larger than its address takes."),
    "cart.empty": Problem(
        409, "Nothing is in the cart; `order` is what it became last, if a friend was faster.", CART_SUBMIT
    ),
    "cart.too_many_lines": Problem(409, "The cart holds `limit` lines already.", r"POST .*/cart/lines/$"),
    "cart.unavailable": Problem(
        409, "Lines of the cart cannot be had; `errors` names each as `lines.<id>`.", CART_SUBMIT
    ),
    "category.in_use": Problem(409, "The category still has dishes.", r"DELETE .*/categories/"),
    "coupon.limit_below_claimed": Problem(
        409, "More coupons were claimed than the new total allows.", r"PATCH .*/coupons/"
    ),
    "coupon.not_claimable": Problem(
        409, "`reason`: over, early, gone, or limit (of one person).", "/coupons/.id./claim/"
    ),
    "coupon.not_found": Problem(400, "The caller holds no such coupon.", BASKET),
    "coupon.not_usable": Problem(
        409,
        "`reason`: store, used, expired, early, scope, threshold, or batch (added dishes take none).",
        r"POST .*/(orders/(quote/)?|cart/submit/)$",
    ),
    "coupon.plan_claimed": Problem(409, "Somebody holds one; its terms stay.", r"PATCH .*/coupons/"),
    "device.code_invalid": Problem(400, "The pairing code is wrong, used or over.", "/devices/claim/"),
    "dish.in_use": Problem(
        409, "A combo on sale contains the dish; `combos` names them.", r"DELETE .*/dishes/.id./$"
    ),
    "dish.not_available": Problem(409, "The dish is not served at this time.", BASKET),
    "dish.not_found": Problem(400, "The store has no such dish.", BASKET),
    "feedback.closed": Problem(409, "The feedback is closed.", "/feedback/.id./"),
    "idempotency.in_progress": Problem(409, "The same request is being worked on; repeat after Retry-After."),
    "idempotency.key_invalid": Problem(400, "The key has 1 to 64 visible ASCII characters."),
    "idempotency.key_required": Problem(400, "This request needs an Idempotency-Key header."),
    "idempotency.key_reused": Problem(422, "The key came before with another request."),
    "image.not_an_image": Problem(400, "No still JPEG, PNG or WebP.", PICTURES),
    "image.too_large": Problem(413, "The file is larger than `limit_bytes`.", PICTURES),
    "image.too_many_pixels": Problem(400, "More than `limit_pixels`.", PICTURES),
    "media.unavailable": Problem(
        503, "The store of pictures does not answer; wait for Retry-After.", KEPT_PICTURES
    ),
    "invitation.code_invalid": Problem(
        400, "The invitation code is wrong, used, revoked or over.", "/auth/invitation/"
    ),
    "job.not_dead": Problem(409, "The job has not failed, or is being tried already.", "/jobs/.id./retry/"),
    "limit.subscriptions": Problem(429, "A socket follows at most 32 streams."),
    "line.recall_too_late": Problem(409, "Ready for more than 30 minutes.", LINES),
    "line.transition_refused": Problem(409, "`state` of the line does not allow this move.", LINES),
    "line.version_conflict": Problem(409, "The line is at `version`, not where the caller saw it.", LINES),
    "menu.import_invalid": Problem(
        400, "The workbook has `error_count` mistakes, the first of them in `errors`.", WORKBOOKS
    ),
    "menu.import_too_large": Problem(413, "The file is larger than `limit_bytes`.", WORKBOOKS),
    "option.invalid": Problem(400, "An option is not of this dish, or too many are chosen.", BASKET),
    "option.required": Problem(400, "A required choice is missing.", BASKET),
    "order.already_paid": Problem(409, "Nothing is due.", ORDER + "pay/"),
    "order.no_cancel_request": Problem(409, "Nobody asked to cancel.", "/request-cancel/(approve|refuse)/"),
    "order.not_at_table": Problem(409, "Dishes are added at tables only.", "/batches/"),
    "order.not_rushed": Problem(409, "There is no reminder to answer.", "/rush/answer/"),
    "order.rushed_recently": Problem(409, "Reminded less than a minute ago.", "/rush/$"),
    "order.too_many_lines": Problem(409, "More than `limit` lines in one order.", BASKET),
    "order.too_many_unpaid": Problem(429, "The caller has `limit` unpaid orders.", r"POST .*/orders/$"),
    "order.transition_refused": Problem(
        409,
        "`state` does not allow this move; `allowed_actions` are what it does allow.",
        f"{MOVES}|{ORDER}(pay|batches|refunds|payment/sync)/|{LINES}",
    ),
    "order.unsettled": Problem(409, "Money is still due.", ORDER + "complete/"),
    "order.version_conflict": Problem(
        409,
        "The order is at `version`, not where the caller saw it.",
        rf"{MOVES}|{ORDER}(pay|batches|refunds)/|/kitchen/tickets/",
    ),
    "payment.attempt_over": Problem(
        409, "This attempt has ended meanwhile; look at the order.", ORDER + "pay/"
    ),
    "payment.channel_unavailable": Problem(
        409, "This way of paying is off, or not the caller's.", ORDER + "pay/"
    ),
    "payment.expired": Problem(409, "The time to pay is over.", ORDER + "pay/"),
    "payment.gateway_unavailable": Problem(
        503, "WeChat Pay does not answer; nothing is lost.", ORDER + "pay"
    ),
    "payment.payer_unknown": Problem(
        409, "WeChat Pay needs a caller who logged in by WeChat.", ORDER + "pay/"
    ),
    "payment.signature_invalid": Problem(401, "The callback is not WeChat's.", "/payments/wechat/notify/"),
    "refund.exceeds_paid": Problem(409, "At most `refundable_fen` can go back.", "POST .*/refunds/"),
    "refund.not_failed": Problem(409, "The refund has not failed.", "/refunds/.id./retry/"),
    "refund.too_many": Problem(409, "The gateway takes `limit` refunds of one payment.", "POST .*/refunds/"),
    "request.method_not_allowed": Problem(405, "The address knows other methods; see Allow."),
    "request.not_acceptable": Problem(406, "The address does not speak this format."),
    "request.refused": Problem(400, "The request is hostile or not one of ours."),
    "request.throttled": Problem(429, "Too many requests of this user or address; wait for Retry-After."),
    "request.timeout": Problem(408, "The body took longer than 10 s to arrive."),
    "request.unsupported_media_type": Problem(
        415, "The body has another content type than the address takes."
    ),
    "resource.not_found": Problem(404, "Absent, or not the caller's; both answer alike."),
    "review.exists": Problem(409, "The order has its review, `review`.", r"POST .*/reviews/$"),
    "review.images_closed": Problem(409, "Photos are taken for 24 hours.", r"/reviews/.id./images/"),
    "review.images_full": Problem(409, "The review has `limit` photos.", r"/reviews/.id./images/"),
    "review.order_not_completed": Problem(
        409, "An order is reviewed once it is completed.", r"POST .*/reviews/$"
    ),
    "service.error": Problem(500, "A fault of ours; the log has it under `request_id`."),
    "service.unavailable": Problem(503, "Database or lock did not answer in time; repeat after Retry-After."),
    "station.code_taken": Problem(
        409, "Another station of the store has this code.", r"(POST|PATCH) .*/stations/(\{id\}/)?$"
    ),
    "station.in_use": Problem(409, "Dishes or devices still use the station.", r"DELETE .*/stations/"),
    "stock.sold_out": Problem(409, "`dish` has only `remaining` portions.", BASKET),
    "store.closed": Problem(409, "The store takes no orders now.", BASKET),
    "stream.not_found": Problem(404, "Absent, or not the caller's to follow.", "/rt/"),
    "stream.resync": Problem(410, "The history behind the cursor is gone: take a snapshot.", "/rt/events/"),
    "table.code_taken": Problem(
        409, "Another table of the store has this code.", r"(POST|PATCH) .*/tables/(\{id\}/)?$"
    ),
    "table.due_changed": Problem(409, "The table owes another amount now.", r"/tables/.id./pay/"),
    "table.in_use": Problem(409, "Guests have sat there; switch it off instead.", r"DELETE .*/tables/"),
    "table.nothing_due": Problem(409, "The table owes nothing.", r"/tables/.id./pay/"),
    "table.not_open": Problem(409, "Nobody sits there.", r"/tables/.id./(settle|close|move|pay)/"),
    "table.occupied": Problem(409, "Somebody sits at the table to move to.", r"/tables/.id./move/"),
    "table.session_closed": Problem(409, "The table has been settled.", BASKET + "|/auth/guest/|/cart/"),
    "table.target_invalid": Problem(409, "No table of this store, or the same one.", r"/tables/.id./move/"),
    "table.token_invalid": Problem(403, "The code on the table is not one of ours.", TABLE_TOKEN),
    "table.token_required": Problem(400, "Dining in needs the code on the table.", TABLE_TOKEN),
    "table.token_stale": Problem(403, "The code on the table was replaced.", TABLE_TOKEN),
    "user.username_taken": Problem(409, "Somebody else has this username.", "/auth/invitation/"),
    "wechat.off": Problem(409, "The store is not connected to WeChat.", "/mini-code/"),
}
