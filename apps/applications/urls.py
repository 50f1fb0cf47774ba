from django.urls import path

from apps.applications.views import citizens

app_name = "applications"
urlpatterns = [
    path("antrag/<slug:slug>/", citizens.begin, name="begin"),
    path("entwurf/<uuid:pk>/", citizens.resume, name="resume"),
    path("entwurf/<uuid:pk>/pruefen/", citizens.review, name="review"),
    path("entwurf/<uuid:pk>/verwerfen/", citizens.discard, name="discard"),
    path("entwurf/<uuid:pk>/datei/<uuid:file_id>/", citizens.draft_file, name="draft_file"),
    path("entwurf/<uuid:pk>/schritt/<slug:key>/", citizens.step, name="step"),
    path("eingang/<str:reference>/", citizens.receipt, name="receipt"),
    path("zurueckziehen/<str:reference>/", citizens.withdraw, name="withdraw"),
]
