"""The three commands, as somebody runs them who has nothing but the checkout."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.kita.allocation.invention import invented_instance

ROOT = Path(__file__).parents[3]


def manage(folder, *arguments):
    """Run manage.py where nothing is set up: no database, no key."""
    environment = {
        k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE")
    }
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *map(str, arguments)],
        env={**environment, "VAR_DIR": str(folder / "var"), "DEMO": "0", "HTTPS": "0"}, capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip


def test_from_an_instance_to_a_verified_result_without_a_database(tmp_path):
    instance, result = tmp_path / "instance.json", tmp_path / "result.json"
    made = manage(
        tmp_path, "kita_instance", "--children", 60, "--facilities", 4, "--wishes", 4, "--siblings", 0.3, "--seed", 7
    )
    assert made.returncode == 0, made.stderr
    instance.write_text(made.stdout)
    matched = manage(tmp_path, "kita_match", instance, "--json")
    assert matched.returncode == 0, matched.stderr
    result.write_text(matched.stdout)
    assert manage(tmp_path, "kita_match", instance, "--seconds", "30", "--json").stdout != ""
    verified = manage(tmp_path, "kita_verify", instance, result, "--json")
    assert (verified.returncode, json.loads(verified.stdout)) == (0, {"ok": True, "problems": []})
    found = json.loads(matched.stdout)
    found["assignment"]["k1"] = "C99"
    result.write_text(json.dumps(found))
    refused = manage(tmp_path, "kita_verify", instance, result, "--json")
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["problems"]
    assert not [path for path in tmp_path.rglob("*") if path.name in ("postgres", "secret-key")]


@pytest.fixture
def files(tmp_path):
    instance = tmp_path / "instance.json"
    instance.write_text(json.dumps(invented_instance(children=12, facilities=2, wishes=3, siblings=0, seed=1)))
    return instance, tmp_path / "result.json"


def run(*arguments, **options):
    """What a command prints, and how it ends."""
    import io

    out = io.StringIO()
    try:
        call_command(*map(str, arguments), stdout=out, **options)
    except CommandError as error:
        return str(error), error.returncode
    except SystemExit as end:
        return out.getvalue(), end.code
    return out.getvalue(), 0


def test_two_runs_print_the_same_bytes(files):
    instance, _ = files
    instance.write_text(json.dumps(invented_instance(children=200, facilities=9, wishes=5, siblings=0.3, seed=4)))
    first, again = (run("kita_match", instance, "--json") for _ in range(2))
    assert first == again


def test_people_read_a_summary(files):
    said, code = run("kita_match", files[0])
    assert code == 0
    assert "wish 1: " in said
    assert "proved best: yes" in said
    files[1].write_text(run("kita_match", files[0], "--json")[0])
    assert run("kita_verify", *files) == ("The result is right, and no other is.\n", 0)


def test_the_summary_tells_who_keeps_what_they_have_from_who_got_a_wish(files):
    rows = {"points": {}, "tie": [], "holds": None, "pinned": None}
    instance = {
        "format": "kita-instance/1", "seed": "s", "siblings": [{"children": ["a", "b"], "rule": "if_possible"}],
        "pools": [{"id": "P", "facility": "F", "places": 3}, {"id": "Q", "facility": "G", "places": 0}],
        "contracts": [{"id": f"C{pool}", "pool": pool, "start": "2027-08", "hours": "8"} for pool in "PQ"],
        "children": [
            {**rows, "id": "a", "wishes": ["CQ"], "holds": "CP"}, {**rows, "id": "b", "wishes": [], "pinned": "CP"},
            {**rows, "id": "c", "wishes": ["CQ", "CP"]}, {**rows, "id": "d", "wishes": ["CQ"]},
        ],
    }  # fmt: skip
    files[0].write_text(json.dumps(instance))
    lines = run("kita_match", files[0])[0].splitlines()
    assert lines[1:] == [
        "no place: 1", "what it is pinned to: 1", "what it holds already: 1", "wish 2: 1", "better claims left: 0; proved best: yes"
    ]  # fmt: skip
    files[1].write_text(run("kita_match", files[0], "--json")[0])
    said, code = run("kita_verify", *files)
    assert code == 0
    assert "not checked that no other leaves fewer better claims (proved: yes)" in said


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1, "format": 2}'])
def test_a_bad_instance_ends_with_2(files, text):
    instance, result = files
    result.write_text("{}")
    instance.write_text(text)
    for arguments in (["kita_match", instance, "--json"], ["kita_verify", instance, result, "--json"]):
        said, code = run(*arguments)
        assert code == 2
        assert "instance.json" in said


def test_files_that_are_not_there_or_no_json_end_with_2(files, tmp_path):
    instance, result = files
    assert run("kita_match", tmp_path / "none.json")[1] == 2
    assert run("kita_verify", instance, tmp_path / "none.json")[1] == 2
    assert run("kita_match", tmp_path)[1] == 2
    result.write_text("{")
    assert run("kita_verify", instance, result)[1] == 2


@pytest.mark.parametrize("text", ["{}", "[]", "null", '{"format": 1, "format": 2}', '{"assignment": {"k1": null}}'])
def test_whatever_else_is_wrong_in_a_result_ends_with_1(files, text):
    instance, result = files
    result.write_text(text)
    said, code = run("kita_verify", instance, result, "--json")
    assert code == 1
    assert json.loads(said)["ok"] is False


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "1e9"])
def test_no_time_is_no_time(files, seconds):
    assert run("kita_match", files[0], "--seconds", seconds)[1] == 2


@pytest.mark.parametrize(
    ("key", "value"),
    [("children", "-1"), ("facilities", "0"), ("wishes", "0"), ("siblings", "1.5"), ("siblings", "nan")],
)
def test_what_cannot_be_invented_is_said(key, value):
    arguments = {"children": "5", "facilities": "2", "wishes": "2", "siblings": "0", "seed": "1"} | {key: value}
    said, code = run("kita_instance", *(f"--{name}={given}" for name, given in arguments.items()))
    assert (code, "at least one Kita" in said) == (2, True)


def test_an_invented_instance_is_believable():
    instance = invented_instance(children=1000, facilities=30, wishes=6, siblings=0.2, seed=3)
    assert len(instance["children"]) == 1000
    assert len({pool["facility"] for pool in instance["pools"]}) == 30
    assert max(len(child["wishes"]) for child in instance["children"]) == 6
    in_groups = sum(len(group["children"]) for group in instance["siblings"])
    assert 180 <= in_groups <= 200
    assert instance == invented_instance(children=1000, facilities=30, wishes=6, siblings=0.2, seed=3)
    assert instance != invented_instance(children=1000, facilities=30, wishes=6, siblings=0.2, seed=4)
