from django.urls import path

from apps.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("mein-bereich/", views.my_area, name="my_area"),
    path("mein-bereich/code/", views.join, name="join"),
    path("mein-bereich/vorgaenge/<str:reference>/", views.case, name="case"),
    path("mein-bereich/vorgaenge/<str:reference>/zustellung/", views.delivery, name="delivery"),
    path("mein-bereich/vorgaenge/<str:reference>/antworten/", views.answer, name="answer"),
    path(
        "mein-bereich/vorgaenge/<str:reference>/anlage/<int:pk>/",
        views.attachment,
        name="attachment",
    ),
    path("impressum/", views.legal, {"page": "imprint"}, name="imprint"),
    path("datenschutz/", views.legal, {"page": "privacy"}, name="privacy"),
    path("barrierefreiheit/", views.legal, {"page": "accessibility"}, name="accessibility"),
    path("leichte-sprache/", views.legal, {"page": "easy"}, name="easy"),
    path("demo/post/", views.demo_mail, name="demo_mail"),
]
