"""Addresses of people and devices."""

from django.urls import path

from ordering.users.api import audit, auth, devices, invitations, me, staff

urlpatterns = [
    path("auth/wechat/", auth.WechatLogin.as_view()),
    path("auth/login/", auth.PasswordLogin.as_view()),
    path("auth/refresh/", auth.RefreshTokens.as_view()),
    path("auth/logout/", auth.Logout.as_view()),
    path("me/", me.Me.as_view()),
    path("me/sessions/", me.MySessions.as_view()),
    path("me/sessions/<str:sid>/", me.MySession.as_view()),
    path("me/password/", me.MyPassword.as_view()),
    path("me/phone/", me.MyPhone.as_view()),
    path("devices/", devices.Devices.as_view()),
    path("devices/pair/", devices.Pair.as_view()),
    path("devices/claim/", devices.Claim.as_view()),
    path("devices/<int:pk>/", devices.OneDevice.as_view()),
    path("auth/invitation/", invitations.AcceptInvitation.as_view()),
    path("stores/<str:code>/invitations/", invitations.Invitations.as_view()),
    path("stores/<str:code>/invitations/<int:pk>/", invitations.OneInvitation.as_view()),
    path("audit/", audit.Audit.as_view()),
    path("stores/<str:code>/staff/", staff.Staff.as_view()),
    path("stores/<str:code>/staff/<str:uid>/", staff.StaffMember.as_view()),
]
