"""Addresses of e-mail: one spelling for each mailbox, whatever was typed.

Domains are understood as registries do today (IDNA 2008, RFC 5891, with the mapping of UTS #46). Python's own codec knows
IDNA 2003 only, by which weiße-straße.de is weisse-strasse.de, the domain of somebody else.
"""

import unicodedata

import idna

# RFC 3696, erratum 1690, allows less; what is longer is not looked at.
LONGEST = 320


class NoDomain(ValueError):
    """What stands after the @ can be no domain."""


def canonical(typed: str) -> str:
    """An address in the spelling that is stored and compared; its domain in letters. Raises NoDomain.

    Invisible characters and white space around it go, the domain is in lower case. What is no address otherwise stays
    as it is: whether it is one is for a validator to say.
    """
    visible = "".join(c for c in typed if unicodedata.category(c) != "Cf").strip()
    if "@" not in visible:
        # As keyboards for wide letters have it.
        visible = visible.replace("＠", "@")
    local, at, domain = visible.rpartition("@")
    if not at or len(visible) > LONGEST or not domain.strip():
        return visible
    return f"{local}@{_letters(domain.strip())}"


def comparable(typed: str) -> str:
    """An address for looking it up: canonical and in lower case; what cannot be one, as it was typed."""
    try:
        return canonical(typed).lower()
    except NoDomain:
        return typed.strip().lower()


def mailbox(address: str) -> str:
    """What addresses that lead to one mailbox have in common, for counting: many providers drop ``+…`` and dots."""
    local, _at, domain = comparable(address).rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def for_sending(address: str) -> str:
    """The address as mail servers know it: its domain in ASCII. Raises NoDomain."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{_ascii(domain)}" if not domain.isascii() else address


def _letters(domain: str) -> str:
    # Of plain domains IDNA 2008 refuses some that exist, with two hyphens or an underscore.
    if domain.isascii() and "xn--" not in domain.lower():
        return domain.lower()
    try:
        return idna.decode(_ascii(domain))
    except (idna.IDNAError, UnicodeError) as error:
        raise NoDomain(domain) from error


def _ascii(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise NoDomain(domain) from error
