from django.urls import path

from apps.api import catalogue

app_name = "api"
urlpatterns = [
    path("v1/services/", catalogue.ServiceList.as_view(), name="services"),
    path("v1/services/<slug:slug>/", catalogue.ServiceDetail.as_view(), name="service"),
]
