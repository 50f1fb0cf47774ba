from django.urls import path

from apps.applications.views import filing, steps

app_name = "applications"
urlpatterns = [
    path("antrag/<slug:slug>/", steps.begin, name="begin"),
    path("entwurf/<uuid:pk>/", steps.resume, name="resume"),
    path("entwurf/<uuid:pk>/pruefen/", filing.review, name="review"),
    path("entwurf/<uuid:pk>/verwerfen/", steps.discard, name="discard"),
    path("entwurf/<uuid:pk>/datei/<uuid:file_id>/", steps.draft_file, name="draft_file"),
    path("entwurf/<uuid:pk>/schritt/<slug:key>/", steps.step, name="step"),
    path("eingang/<str:reference>/", filing.receipt, name="receipt"),
]
