"""Django's admin as an app, with our site in it; in `apps` Django would take it for the people's."""

from django.contrib.admin import apps


class AdminConfig(apps.AdminConfig):
    """The admin whose site is ours."""

    default_site = "ordering.users.site.KaifanSite"
