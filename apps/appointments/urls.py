from django.urls import path

from apps.appointments.views import booking, choosing, manage

app_name = "appointments"
urlpatterns = [
    path("", choosing.choose, name="choose"),
    path("zeiten/", choosing.times, name="times"),
    path("halten/", booking.take, name="take"),
    path("<uuid:pk>/", booking.booking, name="booking"),
    path("<uuid:pk>/angaben/", booking.details, name="details"),
    path("<uuid:pk>/code/", booking.code, name="code"),
    path("link/<str:token>/", manage.manage, name="manage"),
    path("link/<str:token>/bestaetigen/", manage.confirm, name="confirm"),
    path("link/<str:token>/absagen/", manage.cancel, name="cancel"),
    path("link/<str:token>/termin.ics", manage.calendar_file, name="calendar_file"),
]
