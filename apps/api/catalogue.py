"""The catalogue for machines: what the city offers, read only."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import generics, serializers

from apps.catalogue.models import Fee, Service


class FeeSerializer(serializers.ModelSerializer[Fee]):
    """A fee in force today; an amount of null is not known here."""

    class Meta:
        model = Fee
        fields = ["label_de", "label_en", "unit_de", "unit_en", "amount", "valid_from", "legal_basis"]


class ServiceSerializer(serializers.ModelSerializer[Service]):
    """A service in both languages."""

    department = serializers.CharField(source="department.name_de")
    fees = serializers.SerializerMethodField()

    class Meta:
        model = Service
        fields = [
            "slug", "leika", "name_de", "name_en", "summary_de", "summary_en", "description_de", "description_en",
            "cost_de", "cost_en", "duration_de", "duration_en", "requirements", "documents", "legal_basis",
            "department", "online", "online_url", "trust_level", "fees",
        ]  # fmt: skip

    @extend_schema_field(FeeSerializer(many=True))
    def get_fees(self, service: Service) -> list[dict[str, object]]:
        """The fees of the service in force today."""
        return [dict(FeeSerializer(fee).data) for fee in getattr(service, "current_fees", [])]


class ServiceList(generics.ListAPIView[Service]):
    """``GET /api/v1/services/``."""

    serializer_class = ServiceSerializer
    pagination_class = None

    def get_queryset(self) -> QuerySet[Service]:
        return Service.objects.published().for_page().order_by("slug")


class ServiceDetail(generics.RetrieveAPIView[Service]):
    """``GET /api/v1/services/{slug}/``."""

    serializer_class = ServiceSerializer
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[Service]:
        return Service.objects.published().for_page()
