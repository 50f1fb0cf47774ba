from django.urls import path

from apps.kita.facilities import views
from apps.kita.rules import views as rules

app_name = "kita"
urlpatterns = [
    path("", views.facility_list, name="list"),
    # What facilities may not be called: facilities.models.facility.RESERVED.
    path("regeln/", rules.rules, name="rules"),
    path("<slug:slug>/", views.facility, name="facility"),
]
