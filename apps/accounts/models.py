"""People: users, their profile, departments and staff roles."""

from contextlib import suppress
from typing import Any, ClassVar, Self

from allauth.account.models import EmailAddress
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef, ProtectedError, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.accounts import places
from apps.core.bilingual import Bilingual
from apps.core.countries import HOME
from apps.core.mail_addresses import comparable


class TrustLevel(models.IntegerChoices):
    """How sure the portal is who somebody is (§ 3 OZG); services demand a level."""

    BASIC = 1, _("selbst angegeben")
    SUBSTANTIAL = 3, _("substantiell")
    HIGH = 4, _("hoch")


class LetterForm(models.TextChoices):
    """In which form somebody can perceive letters, beside the printed one (§ 8 NBGG)."""

    LARGE_PRINT = "large_print", _("Großdruck")
    READ_ALOUD = "read_aloud", _("vorgelesen am Telefon")
    BRAILLE = "braille", _("Braille (Vollschrift)")
    BRAILLE_CONTRACTED = "braille_contracted", _("Braille (Kurzschrift)")


class UserQuerySet(models.QuerySet["User"]):
    def by_address(self, address: str) -> "UserQuerySet":
        """The account of an address, whatever its case; there is at most one."""
        return self.alias(address=Lower("email")).filter(address=comparable(address))

    def with_membership(self) -> "UserQuerySet":
        """With whether they have a membership, which is asked at every request (``works_here``)."""
        return self.annotate(is_member=Exists(Membership.objects.filter(user=OuterRef("pk"))))

    def proven(self, address: str) -> "UserQuerySet":
        """The account of an address whose owner has proved that it is theirs.

        For signing in, an account without that proof does not exist: whatever is set in it was set by somebody else.
        """
        proof = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True, email__iexact=OuterRef("email"))
        return self.by_address(address).filter(Exists(proof))


class UserManager(BaseUserManager["User"]):
    """Users are known by their e-mail address."""

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

    objects = UserManager.from_queryset(UserQuerySet)()

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
        return bool(EmailAddress.objects.filter(user=self, verified=True, email__iexact=self.email).exists())

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
    def membership_list(self) -> list["Membership"]:
        """What the person is, and where, read once per request.

        Staff are nothing in places of others, and nobody else is anything in the city's: whatever rows there are.
        """
        return [held for held in self.memberships.with_places() if held.is_outside != self.is_staff]

    @property
    def works_here(self) -> bool:
        """Whether the rules for those who work with the data of others hold: staff, and whoever has a membership."""
        if self.is_staff:
            return True
        # Read along with the person of a session (see backends.py).
        known = self.__dict__.get("is_member")
        return bool(known) if known is not None else self.memberships.exists()

    @property
    def department_ids(self) -> set[int]:
        """Departments whose cases this person works on."""
        return {
            held.place.department.pk
            for held in self.membership_list
            if held.place is not None and held.place.kind == places.DEPARTMENT
        }

    def has_role(self, role: str) -> bool:
        """Whether the person holds ``role`` anywhere."""
        return any(held.role == role for held in self.membership_list)


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
    letter_form = models.CharField(
        _("Briefe zusätzlich in dieser Form"),
        max_length=18,
        choices=LetterForm.choices,
        blank=True,
        default="",
        db_default="",
    )

    class Meta:
        verbose_name = _("Profil")
        verbose_name_plural = _("Profile")

    def __str__(self) -> str:
        return str(self.user)


class Place(models.Model):
    """Where somebody can hold a role: a department; other apps add kinds of their own (places.py).

    What it is, says the row that has it (``HasPlace``).
    """

    kind = models.CharField(max_length=20)

    class Meta:
        verbose_name = _("Ort einer Rolle")
        verbose_name_plural = _("Orte von Rollen")
        constraints = [models.CheckConstraint(condition=~Q(kind=""), name="place_has_kind")]

    def __str__(self) -> str:
        kind = places.kind_of(self.kind)
        # What it was may be gone, while somebody once looked from there.
        return str(getattr(self, self.kind, "–")) if kind is not None else self.kind


class HasPlace(models.Model):
    """Something that is a place: it gets its ``Place`` when it is saved, and takes it along when it goes."""

    place_kind: ClassVar[str]
    place = models.OneToOneField(Place, on_delete=models.PROTECT, related_name="%(class)s", editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, with a place."""
        with transaction.atomic():
            if self.place_id is None:
                self.place = Place.objects.create(kind=self.place_kind)
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete, with what people were there and the place; it stays where something still tells of it."""
        with transaction.atomic():
            result = super().delete(*args, **kwargs)
            self.place.memberships.all().delete()
            with suppress(ProtectedError), transaction.atomic():
                self.place.delete()
        return result


class Department(HasPlace):
    """An organisational unit of the city that answers for cases."""

    place_kind = places.DEPARTMENT
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
    """What one can be in the city; apps that add kinds of places add their own (places.py)."""

    CLERK = "clerk", _("Sachbearbeitung")
    HEAD = "head", _("Leitung")
    CDO = "cdo", _("CDO (nur Kennzahlen)")


class MembershipQuerySet(models.QuerySet["Membership"]):
    def with_places(self) -> Self:
        """With the places and what they are, in one query."""
        return self.select_related("place", *places.paths("place__"))


class Membership(models.Model):
    """What a person is, and where. The CDO belongs to no place: figures of all, cases of none."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    place = models.ForeignKey(
        Place, on_delete=models.CASCADE, related_name="memberships", null=True, blank=True, verbose_name=_("Ort")
    )
    # Which there are, says the kind of the place.
    role = models.CharField(_("Rolle"), max_length=20)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("Rolle")
        verbose_name_plural = _("Rollen")
        constraints = [
            models.UniqueConstraint(fields=["user", "place", "role"], name="membership_unique", nulls_distinct=False),
            models.CheckConstraint(
                condition=Q(role="cdo", place=None) | ~Q(role="cdo") & Q(place__isnull=False), name="membership_place"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role_label} {self.place or ''}".strip()

    @property
    def kind(self) -> places.PlaceKind | None:
        """The kind of its place; None when the app that knew it is gone."""
        return places.kind_of(self.place.kind if self.place is not None else places.CITY)

    @property
    def role_label(self) -> str:
        """What the person is there."""
        return str(self.kind.roles.get(self.role, self.role)) if self.kind is not None else self.role

    @property
    def is_outside(self) -> bool:
        """Whether it is held in a place of others, not of the city."""
        return self.kind is not None and self.kind.outside

    def clean(self) -> None:
        """Only what one can be there, and no member of staff in a place of others. Raises ValidationError."""
        if self.kind is None or self.role not in self.kind.roles:
            raise ValidationError({"role": _("Diese Rolle gibt es dort nicht.")})
        if self.is_outside == self.user.is_staff:
            raise ValidationError(
                {"place": _("Beschäftigte der Stadt haben Rollen bei der Stadt, andere nur an ihren eigenen Orten.")}
            )


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
