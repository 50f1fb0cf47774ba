"""Accounts, signing in, sessions."""

from wolfsburg_portal.settings.place import DEMO, HTTPS, env

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["apps.accounts.backends.ProvenAddressBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "apps.accounts.passwords.GuessableValidator"},
]
# The address is unique regardless of case, by a constraint of its own.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accounts:after_login"
ACCOUNT_ADAPTER = "apps.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True
# Mails name nobody.
ACCOUNT_USER_DISPLAY = "apps.accounts.adapters.user_display"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
# Wrong passwords: five in five minutes for an account and a network (see the adapter), thirty a minute for a network.
# Mails count by address and device (core/limits.py); allauth's own limits by address would lock owners out.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "30/m/ip,5/5m/key",
    "request_login_code": "20/m/ip",
    "reset_password": "20/m/ip",
}
# What a household has (see core/networks.py); what one /48 may send to forms of the account altogether is counted below.
ALLAUTH_RATE_LIMIT_IPV6_PREFIX = 56
# Forms of the account that one network may send in a minute, whatever they are for.
ACCOUNT_FORMS_PER_MINUTE = env.int("ACCOUNT_FORMS_PER_MINUTE", default=60)
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_FORMS = {
    "login": "apps.accounts.forms.LoginForm",
    "signup": "apps.accounts.forms.SignupForm",
    "request_login_code": "apps.accounts.forms.RequestLoginCodeForm",
    "confirm_login_code": "apps.accounts.forms.ConfirmLoginCodeForm",
    "reset_password": "apps.accounts.forms.ResetPasswordForm",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
MFA_FORMS = {
    "reauthenticate": "apps.accounts.forms.FactorReauthenticateForm",
    "add_webauthn": "apps.accounts.forms.AddPasskeyForm",
    "authenticate_webauthn": "apps.accounts.forms.PasskeyForm",
    "login_webauthn": "apps.accounts.forms.PasskeyLoginForm",
    "reauthenticate_webauthn": "apps.accounts.forms.PasskeyReauthenticateForm",
}
MFA_ADAPTER = "apps.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_TOTP_ISSUER = "Stadt Wolfsburg"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
STAFF_SECOND_FACTOR_REQUIRED = env.bool("STAFF_SECOND_FACTOR_REQUIRED", default=not DEMO)

# Citizens are signed out after an hour without a click, staff after half an hour; nobody stays
# signed in for longer than a working day.
SESSION_COOKIE_AGE = 60 * 60 * 24 * 7
SESSION_ENGINE = "apps.accounts.session_store"
# Whoever is not signed in: as long as a row is kept; and how many a network may cause in an hour.
SESSION_ANONYMOUS_SECONDS = 60 * 60 * 24
NEW_SESSIONS_PER_HOUR = env.int("NEW_SESSIONS_PER_HOUR", default=1000)
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_IDLE_SECONDS = 60 * 60
SESSION_STAFF_IDLE_SECONDS = 60 * 30
SESSION_ABSOLUTE_SECONDS = 60 * 60 * 10
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
# The key of a browser that fills in an application without an account.
DRAFT_COOKIE_NAME = "__Host-draft" if HTTPS else "draft"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "apps.core.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
