"""Request bodies and the shapes of answers (the latter for the OpenAPI document)."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from rest_framework import serializers

from hub.fields import Body, Days, Text
from ordering.users.models import Device, Membership


class BearerScheme(OpenApiAuthenticationExtension):
    """How the document names our tokens; drf-spectacular finds it by ``target_class``."""

    target_class = "ordering.users.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """A bearer token: an access JWT, or a device's opaque token."""
        return build_bearer_security_scheme_object("Authorization", "Bearer", "JWT or dev_…")


class Credentials(Body):
    """A log-in by name and password."""

    username = Text(max_length=64)
    password = Text(max_length=128, trim_whitespace=False)


class Code(Body):
    """A WeChat code (of the log-in or of the phone button), or a pairing code."""

    code = Text(max_length=128)


class Refresh(Body):
    """A refresh token."""

    refresh = Text()


class PasswordChange(Body):
    """The present password and the new one."""

    current = Text(max_length=128, trim_whitespace=False)
    new = Text(max_length=128, trim_whitespace=False)


class ProfileChange(Body):
    """What people may change about themselves; absent fields stay."""

    name = Text(max_length=64, required=False, allow_blank=True)
    avatar = Text(max_length=200, required=False, allow_blank=True)
    language = serializers.ChoiceField([code for code, _ in settings.LANGUAGES], required=False)


class Pairing(Body):
    """A device to be paired."""

    store = Text(max_length=32)
    kind = serializers.ChoiceField(Device.Kind.choices)
    station = Text(max_length=32, allow_null=True, required=False, default=None)
    name = Text(max_length=64)


class Employment(Body):
    """Somebody to join a store's staff."""

    username = Text(max_length=64)
    role = serializers.ChoiceField(Membership.Role.choices)
    name = Text(max_length=64, required=False, allow_blank=True, default="")
    password = Text(max_length=128, required=False, default=None, trim_whitespace=False)


class Offer(Body):
    """An invitation: a role below one's own; without a ``username`` the person chooses one."""

    role = serializers.ChoiceField(Membership.Role.choices)
    name = Text(max_length=64, required=False, allow_blank=True, default="")
    username = Text(max_length=64, required=False, allow_blank=True, default="")


class Acceptance(Body):
    """What the invited person says; the role and the store are the invitation's."""

    code = Text(max_length=64)
    username = Text(max_length=64, required=False, allow_blank=True, default="")
    password = Text(max_length=128, trim_whitespace=False)


class RoleShape(serializers.Serializer):
    """A role in a store."""

    store = serializers.CharField()
    role = serializers.CharField()


class PersonShape(serializers.Serializer):
    """The person in an answer to a log-in."""

    id = serializers.CharField()
    name = serializers.CharField()
    roles = RoleShape(many=True)


class TokensShape(serializers.Serializer):
    """The pair of tokens; ``expires_in`` is the access token's life in seconds."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    expires_in = serializers.IntegerField()
    user = PersonShape()


class ProfileShape(serializers.Serializer):
    """The body of ``/me/``."""

    id = serializers.CharField()
    name = serializers.CharField()
    avatar = serializers.CharField()
    phone = serializers.CharField()
    language = serializers.CharField()
    roles = RoleShape(many=True)


class LogInShape(serializers.Serializer):
    """One of my log-ins."""

    sid = serializers.CharField()
    current = serializers.BooleanField()
    user_agent = serializers.CharField()
    created_at = serializers.DateTimeField()
    rotated_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class LogInsShape(serializers.Serializer):
    """My log-ins that are not over."""

    results = LogInShape(many=True)


class DeviceIdShape(serializers.Serializer):
    """A device by its id."""

    id = serializers.IntegerField()


class PairingShape(serializers.Serializer):
    """A pairing code to type into the tablet."""

    code = serializers.CharField()
    expires_at = serializers.DateTimeField()
    device = DeviceIdShape()


class DeviceShape(DeviceIdShape):
    """What a device is."""

    kind = serializers.CharField()
    store = serializers.CharField()
    station = serializers.CharField(allow_null=True)
    name = serializers.CharField()


class DeviceStatusShape(DeviceShape):
    """What the counter sees of a device.

    ``online``: it acknowledged something in the last 15 s. ``behind``: events of the store's stream that it
    may lack; null when that is not known.
    """

    claimed_at = serializers.DateTimeField(allow_null=True)
    online = serializers.BooleanField()
    behind = serializers.IntegerField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    last_seen_at = serializers.DateTimeField(allow_null=True)


class ClaimShape(serializers.Serializer):
    """The device's lasting token, told once."""

    token = serializers.CharField()
    device = DeviceShape()


class AuditQuery(Days):
    """Which entries of a store: ``actor`` (``staff:<id>``, ``device:<id>``), ``action``, ``target``."""

    store = serializers.CharField(max_length=32)
    actor = serializers.CharField(required=False, max_length=48)
    action = serializers.CharField(required=False, max_length=64)
    target = serializers.CharField(required=False, max_length=96)


class AuditShape(serializers.Serializer):
    """One thing that staff did; ``before`` and ``after`` map each row that changed to what changed of it."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor = serializers.CharField()
    name = serializers.CharField()
    role = serializers.CharField()
    action = serializers.CharField()
    target = serializers.CharField()
    store = serializers.CharField()
    before = serializers.DictField()
    after = serializers.DictField()
    request_id = serializers.CharField()
    address = serializers.CharField(help_text="Equal for equal network addresses; not the address.")


class InvitationShape(serializers.Serializer):
    """An invitation that waits to be accepted."""

    id = serializers.IntegerField()
    role = serializers.CharField()
    name = serializers.CharField()
    username = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class NewInvitationShape(InvitationShape):
    """The only time that the code is told."""

    code = serializers.CharField()


class StaffShape(serializers.Serializer):
    """A member of a store's staff."""

    user = serializers.CharField()
    username = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    role = serializers.CharField()
    is_active = serializers.BooleanField()
