"""Who is asking: a person, a device, the system or nobody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ordering.users.models import Device, User

# Roles contain each other, but the kitchen stands apart: its taps are nobody else's.
CONTAINS = {
    "owner": frozenset({"owner", "manager", "counter"}),
    "manager": frozenset({"manager", "counter"}),
    "counter": frozenset({"counter"}),
    "kitchen": frozenset({"kitchen"}),
    "board": frozenset({"board"}),
}


@dataclass(frozen=True, slots=True, eq=False)
class Actor:
    """Who is asking, as of this moment.

    ``label`` is the stable text for the log and for once-only keys (``diner:<uid>``, ``staff:<uid>``,
    ``device:<id>``, ``system``, ``anonymous``). ``roles`` maps a store's code to every role that counts
    there, contained ones included. ``sid`` and ``gen`` name the log-in and the generation of its token;
    ``expires_at`` (Unix seconds, None = never) is when the token stops being accepted; ``table_session`` is
    the id of the only table session a guest may act in.
    """

    label: str
    user: User | None = None
    device: Device | None = None
    sid: str | None = None
    gen: int | None = None
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    expires_at: float | None = None
    table_session: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether anybody identified themselves."""
        return self.user is not None or self.device is not None or self.label == "system"

    @property
    def is_guest(self) -> bool:
        """Whether this is a guest bound to one table session."""
        return self.table_session is not None

    @property
    def name(self) -> str:
        """What people call them: the person's name, or the device's."""
        return self.device.name if self.device else str(self.user or "")

    @property
    def only_store(self) -> str:
        """The code of the store they work in, if it is just one."""
        return next(iter(self.roles)) if len(self.roles) == 1 else ""

    def role_in(self, store_code: str) -> str:
        """The role itself (owner, manager, counter, kitchen) or the device's kind; "" for strangers."""
        held = self.roles.get(store_code, frozenset())
        return next((role for role in CONTAINS if role in held), "")

    def may(self, store_code: str, role: str) -> bool:
        """Whether the actor has this role, or one that contains it, in the store."""
        return role in self.roles.get(store_code, frozenset())

    def works_at(self, store_code: str) -> bool:
        """Whether the actor has any role in the store."""
        return bool(self.roles.get(store_code))


SYSTEM = Actor(label="system")
ANONYMOUS = Actor(label="anonymous")


def expanded(memberships: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """(store code, role) pairs as the ``roles`` of an Actor."""
    return {code: CONTAINS[role] for code, role in memberships}
