from django.urls import path

from apps.accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("profil/", views.profile, name="profile"),
    path("weiter/", views.after_login, name="after_login"),
    path("fortsetzen/", views.kept_input, name="kept"),
    path("daten/", views.export, name="export"),
    path("loeschen/", views.delete, name="delete"),
]
