"""People: users, their profile, departments and staff roles."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.core.bilingual import Bilingual


class TrustLevel(models.IntegerChoices):
    """How sure the portal is who somebody is (§ 3 OZG); services demand a level."""

    BASIC = 1, _("selbst angegeben")
    SUBSTANTIAL = 3, _("substantiell")
    HIGH = 4, _("hoch")


class UserManager(BaseUserManager["User"]):
    """Users are known by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user; the address is stored in lower case."""
        if not email:
            raise ValueError("a user needs an e-mail address")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an administrator."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account: citizen or staff.

    Somebody with a single name has it as family name and no given name (DIN 91379 letters and
    apostrophes are welcome in both).
    """

    email = models.EmailField(_("E-Mail-Adresse"))
    given_name = models.CharField(_("Vorname"), max_length=120, blank=True)
    family_name = models.CharField(_("Name"), max_length=120, blank=True)
    trust_level = models.PositiveSmallIntegerField(
        _("Vertrauensniveau"), choices=TrustLevel.choices, default=TrustLevel.BASIC
    )
    language = models.CharField(_("Sprache"), max_length=2, default="de")
    is_staff = models.BooleanField(_("Beschäftigte/r der Stadt"), default=False)
    is_active = models.BooleanField(_("aktiv"), default=True)
    date_joined = models.DateTimeField(_("angelegt am"), default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("Person")
        verbose_name_plural = _("Personen")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            models.CheckConstraint(condition=Q(trust_level__in=TrustLevel.values), name="user_trust_level_known"),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email

    @property
    def full_name(self) -> str:
        """Given and family name, either of which may be missing."""
        return f"{self.given_name} {self.family_name}".strip()

    def get_full_name(self) -> str:
        """The name Django's admin shows."""
        return str(self)

    def get_short_name(self) -> str:
        """The short name Django's admin greets with."""
        return self.given_name or self.family_name or self.email

    @cached_property
    def role_list(self) -> list["StaffRole"]:
        """The staff roles, read once per request."""
        return list(self.roles.select_related("department")) if self.is_staff else []

    @property
    def department_ids(self) -> set[int]:
        """Departments whose cases this person works on."""
        return {r.department_id for r in self.role_list if r.department_id is not None}

    def has_role(self, role: str) -> bool:
        """Whether the person holds ``role`` anywhere."""
        return any(r.role == role for r in self.role_list)


class Profile(models.Model):
    """What a citizen lets the portal fill in for them."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="profile")
    street = models.CharField(_("Straße"), max_length=120, blank=True)
    house_number = models.CharField(_("Hausnummer"), max_length=12, blank=True)
    postcode = models.CharField(_("Postleitzahl"), max_length=10, blank=True)
    city = models.CharField(_("Ort"), max_length=120, blank=True)
    birth_date = models.DateField(_("Geburtsdatum"), null=True, blank=True)
    phone = models.CharField(_("Telefon"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("Profil")
        verbose_name_plural = _("Profile")

    def __str__(self) -> str:
        return str(self.user)


class Department(models.Model):
    """An organisational unit of the city that answers for cases."""

    slug = models.SlugField(unique=True)
    name_de = models.CharField(_("Name (Deutsch)"), max_length=120)
    name_en = models.CharField(_("Name (Englisch)"), max_length=120)
    abbreviation = models.CharField(_("Kürzel"), max_length=20, blank=True)
    phone = models.CharField(_("Telefon"), max_length=40, blank=True)
    email = models.EmailField(_("E-Mail"), blank=True)
    street = models.CharField(_("Straße und Hausnummer"), max_length=120, blank=True)
    postcode = models.CharField(_("Postleitzahl"), max_length=10, blank=True)
    city = models.CharField(_("Ort"), max_length=60, blank=True)

    name = Bilingual("name")

    class Meta:
        verbose_name = _("Dienststelle")
        verbose_name_plural = _("Dienststellen")
        ordering = ["name_de"]

    def __str__(self) -> str:
        return str(self.name)


class Role(models.TextChoices):
    CLERK = "clerk", _("Sachbearbeitung")
    HEAD = "head", _("Leitung")
    CDO = "cdo", _("CDO (nur Kennzahlen)")


class StaffRole(models.Model):
    """What a member of staff is, and where."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="roles")
    department = models.ForeignKey(Department, on_delete=models.CASCADE, related_name="roles", null=True, blank=True)
    role = models.CharField(_("Rolle"), max_length=8, choices=Role.choices)

    class Meta:
        verbose_name = _("Rolle")
        verbose_name_plural = _("Rollen")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "department", "role"],
                name="staff_role_unique",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                # The CDO belongs to no department: figures of all, cases of none.
                condition=Q(role="cdo", department=None) | Q(role__in=["clerk", "head"], department__isnull=False),
                name="staff_role_place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.department or ''}".strip()
