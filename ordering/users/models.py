"""People, their log-ins, their roles in stores, and devices."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

from hub import clock, keys


class Users(BaseUserManager["User"]):
    """Creates people; Django's `createsuperuser` asks for this."""

    def create_user(self, username: str | None = None, password: str | None = None, **fields: Any) -> "User":
        """A person; without a username they log in by WeChat only."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str, **fields: Any) -> "User":
        """A person who may use the admin for everything."""
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. ``uid`` is the public id; diners have no username, staff do."""

    uid = models.CharField(_("编号"), max_length=26, unique=True, default=keys.ulid, editable=False)
    username = models.CharField(_("用户名"), max_length=64, unique=True, null=True, blank=True)
    name = models.CharField(_("姓名"), max_length=64, blank=True)
    avatar = models.CharField(_("头像"), max_length=200, blank=True)
    phone = models.CharField(_("手机"), max_length=20, blank=True)
    language = models.CharField(_("语言"), max_length=8, default="zh-hans")
    is_active = models.BooleanField(_("启用"), default=True)
    is_staff = models.BooleanField(_("可用后台"), default=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("创建时间"), default=clock.now, editable=False)

    objects = Users()
    USERNAME_FIELD = "username"

    class Meta:
        verbose_name = verbose_name_plural = _("用户")

    def __str__(self) -> str:
        return self.name or self.username or self.uid


class WechatIdentity(models.Model):
    """Who this person is to one WeChat app; the openid never leaves the server."""

    user = models.ForeignKey(User, models.CASCADE, related_name="wechat_identities")
    appid = models.CharField(max_length=32)
    openid = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["appid", "openid"], name="one_user_per_openid")]


class AuthSession(models.Model):
    """One log-in: a family of refresh tokens. ``gen`` rises by compare-and-set at each rotation.

    A guest's log-in hangs on a table session and ends with it.
    """

    sid = models.CharField(max_length=26, primary_key=True, default=keys.ulid)
    user = models.ForeignKey(User, models.CASCADE, related_name="auth_sessions")
    gen = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    rotated_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)
    table_session = models.ForeignKey(
        "restaurant.TableSession", models.CASCADE, null=True, related_name="guests"
    )

    class Meta:
        verbose_name = verbose_name_plural = _("登录会话")
        indexes = [models.Index(fields=["user", "revoked_at"], name="session_by_user")]


class Membership(models.Model):
    """A person's role in one store."""

    class Role(models.TextChoices):
        OWNER = "owner", _("老板")
        MANAGER = "manager", _("店长")
        COUNTER = "counter", _("前台")
        KITCHEN = "kitchen", _("后厨")

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("用户"))
    store = models.ForeignKey(
        "restaurant.Store", models.CASCADE, related_name="memberships", verbose_name=_("门店")
    )
    role = models.CharField(_("角色"), max_length=16, choices=Role)
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = _("店员")
        constraints = [models.UniqueConstraint(fields=["user", "store"], name="one_role_per_store")]

    @property
    def key(self) -> str:
        """How the audit names it: by the person, for the row comes and goes."""
        return f"staff:{self.user.uid}"


class Invitation(models.Model):
    """A role offered by a one-time code, stored hashed; what it says counts, not what the person says."""

    store = models.ForeignKey(
        "restaurant.Store", models.CASCADE, related_name="invitations", verbose_name=_("门店")
    )
    role = models.CharField(_("角色"), max_length=16, choices=Membership.Role)
    name = models.CharField(_("姓名"), max_length=64, blank=True)
    username = models.CharField(_("用户名"), max_length=64, blank=True)
    code_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", verbose_name=_("邀请人")
    )
    created_at = models.DateTimeField(_("创建时间"), default=clock.now)
    expires_at = models.DateTimeField(_("失效时间"), db_index=True)
    accepted_at = models.DateTimeField(_("接受时间"), null=True)
    accepted_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", verbose_name=_("接受人")
    )
    revoked_at = models.DateTimeField(_("撤销时间"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("店员邀请")
        indexes = [models.Index(fields=["store", "expires_at"], name="invitation_by_store")]


class Device(models.Model):
    """A tablet, a counter or a board, bound to one store (and station) by an opaque token, stored hashed."""

    class Kind(models.TextChoices):
        KITCHEN = "kitchen", _("后厨屏")
        COUNTER = "counter", _("前台")
        BOARD = "board", _("叫号屏")

    store = models.ForeignKey(
        "restaurant.Store", models.CASCADE, related_name="devices", verbose_name=_("门店")
    )
    kind = models.CharField(_("类型"), max_length=16, choices=Kind)
    station = models.CharField(_("档口"), max_length=32, null=True, blank=True)
    name = models.CharField(_("名称"), max_length=64)
    code_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)
    code_expires_at = models.DateTimeField(null=True, editable=False)
    token_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    claimed_at = models.DateTimeField(_("配对时间"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("吊销时间"), null=True, editable=False)
    last_seen_at = models.DateTimeField(_("最近在线"), null=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = _("设备")


class DevicePosition(models.Model):
    """Up to where a device's screen is current on its store's stream, as its acks tell."""

    # No constraint in the database: an ack must never wait for a device's lock.
    device = models.OneToOneField(
        Device, models.CASCADE, primary_key=True, db_constraint=False, related_name="position"
    )
    seq = models.PositiveBigIntegerField()
    acknowledged_at = models.DateTimeField()


class LoginFailure(models.Model):
    """Wrong passwords for one name or from one address; in the database, so no dead cache opens the door."""

    subject = models.CharField(max_length=80, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    blocked_until = models.DateTimeField(null=True)
    last_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("登录失败")
