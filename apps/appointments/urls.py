from django.urls import path

from apps.appointments.booking.views import choosing, details, manage, taking, wishing
from apps.appointments.reception.views import arriving

app_name = "appointments"
urlpatterns = [
    path("", choosing.choose, name="choose"),
    path("zeiten/", choosing.times, name="times"),
    path("halten/", taking.take, name="take"),
    path("da/", arriving.arrive, name="arrive"),
    path("warteliste/", wishing.wish, name="wait"),
    path("warteliste/eingetragen/", wishing.written, name="wish_written"),
    path("warteliste/<str:token>/", wishing.one, name="wish"),
    path("link/<str:token>/ablehnen/", wishing.decline, name="decline"),
    path("vorab-code/", taking.code_before, name="code_before"),
    path("mit-code/", manage.with_code, name="with_code"),
    path("ohne-termin/", arriving.walk_in, name="walk_in"),
    path("nummer/<str:token>/", arriving.ticket, name="ticket"),
    path("nummer/<str:token>/zurueckgeben/", arriving.ticket_back, name="ticket_back"),
    path("terminal/<str:key>/", arriving.terminal, name="terminal"),
    path("terminal/<str:key>/<uuid:pk>/", arriving.terminal_ticket, name="terminal_ticket"),
    path("anzeige/<slug:slug>/", arriving.display, name="display"),
    path("<uuid:pk>/", details.booking, name="booking"),
    path("<uuid:pk>/angaben/", details.details, name="details"),
    path("<uuid:pk>/code/", details.code, name="code"),
    path("link/<str:token>/", manage.manage, name="manage"),
    path("link/<str:token>/bestaetigen/", manage.confirm, name="confirm"),
    path("link/<str:token>/absagen/", manage.cancel, name="cancel"),
    path("link/<str:token>/termin.ics", manage.calendar_file, name="calendar_file"),
]
