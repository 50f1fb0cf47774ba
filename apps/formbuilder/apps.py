from django.apps import AppConfig


class FormbuilderConfig(AppConfig):
    name = "apps.formbuilder"
