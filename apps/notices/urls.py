from django.urls import path, re_path

from apps.notices import views

app_name = "notices"
urlpatterns = [
    path("<uuid:pk>/", views.document, name="document"),
    path("<uuid:pk>/erneut/", views.retry, name="retry"),
    path("<uuid:pk>/unzustellbar/", views.came_back, name="came_back"),
    path("<uuid:pk>/zurueck/", views.returned, name="returned"),
    path("<uuid:pk>/berichtigen/<slug:fact>/", views.correct, name="correct"),
    path("<uuid:pk>/fassung/", views.ask_for_copy, name="ask_for_copy"),
    path("<uuid:pk>/fassung/<int:copy>/", views.copy, name="copy"),
    path("<uuid:pk>/fassung/<int:copy>/uebergeben/", views.give_copy, name="give_copy"),
    path("<uuid:pk>/neu-zustellen/", views.send_again, name="send_again"),
    re_path(r"^stand/(?P<side>amt|ich)/(?P<reference>[0-9A-Z-]{11})/$", views.panel, name="panel"),
]
