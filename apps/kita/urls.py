from django.urls import path

from apps.kita.facilities import house_views, views
from apps.kita.rules import views as rules

app_name = "kita"
urlpatterns = [
    path("", views.facility_list, name="list"),
    # What facilities may not be called: facilities.models.facility.RESERVED.
    path("haus/", house_views.houses, name="houses"),
    path("haus/<slug:slug>/", house_views.house, name="house"),
    path("haus/<slug:slug>/angaben/", house_views.details, name="house_details"),
    path("haus/<slug:slug>/gruppe/<int:pk>/frei/", house_views.vacancy, name="house_vacancy"),
    path("haus/<slug:slug>/gruppe/<int:pk>/plaetze/", house_views.capacity, name="house_capacity"),
    path("regeln/", rules.rules, name="rules"),
    path("<slug:slug>/", views.facility, name="facility"),
]
