from django.urls import path

from apps.contact import views
from apps.contact.states import Topic

app_name = "contact"
urlpatterns = [
    path("kontakt/", views.write, name="write"),
    path("kontakt/gesendet/", views.sent, name="sent"),
    path("kontakt/antwort/<str:token>/", views.reply, name="reply"),
    path("barriere-melden/", views.write, {"topic": Topic.BARRIER}, name="report_barrier"),
]
