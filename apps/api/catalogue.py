"""The catalogue for machines: what the city offers, read only."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, viewsets

from apps.catalogue.models import Fee, Service


class FeeSerializer(serializers.ModelSerializer[Fee]):
    """A fee in force today; an amount of null is not known here."""

    class Meta:
        model = Fee
        fields = ["label_de", "label_en", "unit_de", "unit_en", "amount", "valid_from", "legal_basis"]


class ServiceSerializer(serializers.ModelSerializer[Service]):
    """A service in both languages."""

    department = serializers.CharField(source="department.name_de")
    fees = FeeSerializer(source="current_fees", many=True, read_only=True)

    class Meta:
        model = Service
        fields = [
            "slug", "leika", "name_de", "name_en", "summary_de", "summary_en", "description_de", "description_en",
            "cost_de", "cost_en", "duration_de", "duration_en", "requirements", "documents", "legal_basis",
            "department", "online", "online_url", "trust_level", "fees",
        ]  # fmt: skip


@extend_schema_view(
    list=extend_schema(description="All services."), retrieve=extend_schema(description="One service, by its slug.")
)
class Services(viewsets.ReadOnlyModelViewSet[Service]):
    """All services, or one."""

    serializer_class = ServiceSerializer
    lookup_field = "slug"
    pagination_class = None

    def get_queryset(self) -> QuerySet[Service]:
        return Service.objects.published().for_page().order_by("slug")
