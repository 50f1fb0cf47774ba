from django.contrib.admin import apps as admin_apps


class DeskAdminConfig(admin_apps.AdminConfig):
    """Makes ``DeskSite`` the admin site of the project."""

    default = False
    default_site = "apps.desk.site.DeskSite"
