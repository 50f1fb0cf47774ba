"""People: users, their profile, departments and staff roles."""

from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.core.bilingual import Bilingual
from apps.core.countries import HOME
from apps.core.mail_addresses import comparable


class TrustLevel(models.IntegerChoices):
    """How sure the portal is who somebody is (§ 3 OZG); services demand a level."""

    BASIC = 1, _("selbst angegeben")
    SUBSTANTIAL = 3, _("substantiell")
    HIGH = 4, _("hoch")


class UserQuerySet(models.QuerySet["User"]):
    def by_address(self, address: str) -> "UserQuerySet":
        """The account of an address, whatever its case; there is at most one."""
        return self.alias(address=Lower("email")).filter(address=comparable(address))

    def proven(self, address: str) -> "UserQuerySet":
        """The account of an address whose owner has proved that it is theirs.

        For signing in, an account without that proof does not exist: whatever is set in it was set by somebody else.
        """
        proof = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True, email__iexact=OuterRef("email"))
        return self.by_address(address).filter(Exists(proof))


class UserManager(BaseUserManager["User"]):
    """Users are known by their e-mail address."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def by_address(self, address: str) -> UserQuerySet:
        """See the queryset."""
        return self.get_queryset().by_address(address)

    def proven(self, address: str) -> UserQuerySet:
        """See the queryset."""
        return self.get_queryset().proven(address)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user; the address is stored in lower case."""
        if not email:
            raise ValueError("a user needs an e-mail address")
        user = self.model(email=comparable(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an administrator."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=comparable(username or ""))


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
    # Raised to end all sessions at once: it is part of what every session is checked against.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

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

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; the epoch of the sessions is raised in the database only, or an old row in memory would lower it."""
        if not self._state.adding and kwargs.get("update_fields") is None and not kwargs.get("force_insert"):
            fields = [f.name for f in self._meta.concrete_fields if not f.primary_key and f.name != "session_epoch"]
            kwargs["update_fields"] = fields
        super().save(*args, **kwargs)

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        """What a session is checked against at every request: the password and the epoch of the sessions."""
        salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        # Epoch 0 is what Django computes, so that sessions of earlier versions go on.
        value = f"{self.password}{self.session_epoch or ''}"
        return salted_hmac(salt, value, secret=secret, algorithm="sha256").hexdigest()

    @property
    def proven(self) -> bool:
        """Whether its owner has proved that the address is theirs."""
        return EmailAddress.objects.filter(user=self, verified=True, email__iexact=self.email).exists()

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
    country = models.CharField(_("Land"), max_length=2, default=HOME, db_default=HOME)
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


class LinkKind(models.TextChoices):
    SETUP = "setup", _("Zugang einrichten")
    ADDRESS = "address", _("neue E-Mail-Adresse")


class AccountLinkQuerySet(models.QuerySet["AccountLink"]):
    def valid(self) -> "AccountLinkQuerySet":
        """Links that may still be used."""
        return self.filter(used_at=None, expires_at__gt=timezone.now(), user__is_active=True)


class AccountLink(models.Model):
    """A link by which a person sets up access, or proves a new address; an administrator has it sent.

    Only the hash of its token is stored. It is used once.
    """

    kind = models.CharField(max_length=8, choices=LinkKind.choices)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="links")
    new_address = models.EmailField(blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    objects = AccountLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("Link zum Konto")
        verbose_name_plural = _("Links zu Konten")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=LinkKind.values), name="account_link_kind_known"),
            models.CheckConstraint(
                condition=Q(kind="address", new_address__gt="") | Q(kind="setup", new_address=""),
                name="account_link_has_what_its_kind_needs",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
