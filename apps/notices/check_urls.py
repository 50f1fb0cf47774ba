from django.urls import path, re_path

from apps.notices import check_views

app_name = "checks"
urlpatterns = [
    path("", check_views.page, name="page"),
    re_path(r"^(?P<code>[0-9A-Za-z-]{1,40})/$", check_views.letter, name="letter"),
]
