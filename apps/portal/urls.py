from django.urls import path

from apps.portal.views import cases, joining, pages

app_name = "portal"
urlpatterns = [
    path("", pages.home, name="home"),
    path("mein-bereich/", cases.my_area, name="my_area"),
    path("code/", joining.join, name="join"),
    path("einladung/<str:token>/", joining.invitation, name="invitation"),
    path("mein-bereich/code/", joining.join_before, name="join_before"),
    path("mein-bereich/vorgaenge/<str:reference>/", cases.case, name="case"),
    path("mein-bereich/vorgaenge/<str:reference>/zustellung/", cases.delivery, name="delivery"),
    path("mein-bereich/vorgaenge/<str:reference>/antworten/", cases.answer, name="answer"),
    path("mein-bereich/vorgaenge/<str:reference>/tun/<slug:act>/", cases.act, name="act"),
    path("mein-bereich/vorgaenge/<str:reference>/vorschlag/<int:pk>/", cases.proposal, name="proposal"),
    path("mein-bereich/vorgaenge/<str:reference>/anlage/<int:pk>/", cases.attachment, name="attachment"),
    path("impressum/", pages.legal, {"page": "imprint"}, name="imprint"),
    path("datenschutz/", pages.legal, {"page": "privacy"}, name="privacy"),
    path("barrierefreiheit/", pages.legal, {"page": "accessibility"}, name="accessibility"),
    path("leichte-sprache/", pages.legal, {"page": "easy"}, name="easy"),
    path("demo/post/", pages.demo_mail, name="demo_mail"),
]
