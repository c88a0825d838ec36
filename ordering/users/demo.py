"""The demo's staff: owner, manager, counter and kitchen, password ``demo``."""

from hub.transactions import Transaction, transact
from ordering.users import queries
from ordering.users.actions import announce_membership
from ordering.users.models import Membership, User

STORE = "demo"
PASSWORD = "demo"
STAFF = {"owner": "老板", "manager": "马店长", "counter": "方前台", "kitchen": "王师傅"}


def seed() -> str:
    """Create the demo's staff where they are missing; one line about it."""
    store = queries.store_of(STORE)
    present = set(User.objects.filter(username__in=STAFF).values_list("username", flat=True))
    missing = [role for role in STAFF if role not in present]
    if missing:
        transact(lambda tx: [_employ(tx, store, role) for role in missing], actor="system")
    return f"staff {', '.join(STAFF)}, password {PASSWORD}"


def _employ(tx: Transaction, store: object, role: str) -> None:
    in_charge = role == "owner"
    user = User.objects.create_user(
        role, PASSWORD, name=STAFF[role], is_staff=in_charge, is_superuser=in_charge
    )
    membership = Membership.objects.create(user=user, store=store, role=role, version=1)
    announce_membership(tx, membership)
