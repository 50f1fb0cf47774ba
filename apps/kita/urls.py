from django.urls import path

from apps.kita.facilities import views

app_name = "kita"
urlpatterns = [
    path("", views.facility_list, name="list"),
    path("<slug:slug>/", views.facility, name="facility"),
]
