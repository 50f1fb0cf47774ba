from django.urls import path

from apps.api import appointments, catalogue
from apps.api.schema import Description

app_name = "api"
urlpatterns = [
    path("v1/services/", catalogue.Services.as_view({"get": "list"}), name="services"),
    path("v1/services/<slug:slug>/", catalogue.Services.as_view({"get": "retrieve"}), name="service"),
    path("v1/appointments/services", appointments.Services.as_view(), name="appointment_services"),
    path("v1/appointments/slots", appointments.Slots.as_view(), name="slots"),
    path("v1/appointments/holds", appointments.Holds.as_view(), name="holds"),
    path("v1/appointments/holds/<str:token>/confirm", appointments.Confirm.as_view(), name="confirm"),
    path("v1/appointments/bookings/<str:token>", appointments.OneBooking.as_view(), name="booking"),
    path("v1/openapi.json", Description.as_view(), name="schema"),
]
