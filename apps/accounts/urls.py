from django.urls import path

from apps.accounts.views import account, entering, security

app_name = "accounts"
urlpatterns = [
    path("", account.overview, name="overview"),
    path("profil/", account.profile, name="profile"),
    path("weiter/", account.after_login, name="after_login"),
    path("fortsetzen/", account.kept_input, name="kept"),
    path("daten/", account.export, name="export"),
    path("loeschen/", account.delete, name="delete"),
    path("email/code/", security.address_code, name="address_code"),
    path("sitzungen/", security.my_sessions, name="sessions"),
    path("nachweis/", security.prove, name="prove"),
    path("zweiter-faktor-fehlt/", security.factor_missing, name="factor_missing"),
    path("einrichten/<str:token>/", entering.setup, name="setup"),
    path("neue-adresse/<str:token>/", entering.new_address, name="new_address"),
]
