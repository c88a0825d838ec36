"""The ten callers of the published matrix: what each is in its words, and how each must be refused."""

ANONYMOUS, OWNER, DINER, TABLEMATE = (
    "anonymous",
    "owner of the order",
    "other diner",
    "diner at the same table",
)
TABLET, COOK, COUNTER, MANAGER = "kitchen device", "kitchen staff", "counter", "manager"
DISABLED, REVOKED = "disabled user", "revoked device"

CALLERS: dict[str, frozenset[str]] = {
    caller: frozenset(words.split())
    for caller, words in {
        ANONYMOUS: "",
        OWNER: "known user diner owner table",
        DINER: "known user diner",
        TABLEMATE: "known user diner table",
        TABLET: "known kitchen staff",
        COOK: "known user diner kitchen staff",
        COUNTER: "known user diner counter staff",
        MANAGER: "known user diner counter manager staff",
        DISABLED: "",
        REVOKED: "",
    }.items()
}
GUESTS = {OWNER, DINER, TABLEMATE}
WORTHLESS = {DISABLED, REVOKED}  # a token that is refused wherever it is shown
EVERYBODY = {"anyone", "gateway"}

# Addresses that ask nobody who they are: a worthless token is no token there.
DEAF = (
    "/api/schema/",
    "/api/v1/auth/",
    "/api/v1/devices/claim/",
    "/api/v1/stores/{code}/menu/",
    "/api/payments/",
)
ROOTS = ("/api/", "/api/v1/")

# Addresses below these name a restaurant, whose existence is no secret: its people and things are.
STORE_LEVEL = ("/api/v1/stores/", "/api/v1/kitchen/{store}/", "/api/v1/devices/pair/")
OF_THE_ORDER = ("/api/v1/orders/", "/api/v1/kitchen/lines/", "/api/v1/kitchen/tickets/")


def allowed(caller: str, access: str, route: str) -> bool:
    """Whether the matrix lets this caller in."""
    is_deaf = route.startswith(DEAF) or route in ROOTS
    return bool(set(access.split("|")) & CALLERS[caller]) or (
        bool(set(access.split("|")) & EVERYBODY) and (is_deaf or caller not in WORTHLESS)
    )


def refusal(caller: str, route: str) -> int:
    """The status of a refusal: 401 who is unknown, 404 a thing of others, 403 the wrong role."""
    if not CALLERS[caller]:
        return 401
    is_a_thing = "{" in route and not route.startswith(STORE_LEVEL)
    is_own = caller == OWNER and route.startswith(OF_THE_ORDER)
    return 404 if caller in GUESTS and is_a_thing and not is_own else 403
