from django.urls import path

from apps.contact import views

app_name = "contact"
urlpatterns = [
    path("kontakt/", views.write, name="write"),
    path("kontakt/gesendet/", views.sent, name="sent"),
    path("kontakt/antwort/<str:token>/", views.reply, name="reply"),
    path("barriere-melden/", views.report_barrier, name="report_barrier"),
]
