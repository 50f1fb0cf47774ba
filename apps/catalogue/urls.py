from django.urls import path

from apps.catalogue import views

app_name = "catalogue"
urlpatterns = [
    path("leistungen/", views.service_list, name="list"),
    path("leistungen/<slug:slug>/", views.service, name="service"),
    path("lebenslagen/", views.life_situation_list, name="life_situations"),
    path("lebenslagen/<slug:slug>/", views.life_situation, name="life_situation"),
]
