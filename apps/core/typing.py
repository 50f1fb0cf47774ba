"""Base classes whose types are generic while their classes are not."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.forms import ModelForm as _ModelForm

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    ModelForm = _ModelForm[Any]
    StackedInline = admin.StackedInline[Any, Any]
else:
    ModelAdmin, ModelForm, StackedInline = admin.ModelAdmin, _ModelForm, admin.StackedInline

__all__ = ["ModelAdmin", "ModelForm", "StackedInline"]
