"""Small enough to read: modules, functions, and names that say something."""

from statistics import median

import pytest

from tests.house.tree import Function, functions, local, text, under

MODULES = under("thingcloud", "tags", "firmware", suffix=".py")
MOST_LINES, MEDIAN_LINES = 400, 150
MOST_IN_A_KERNEL = 120
MOST_IN_A_FUNCTION, USUAL_IN_A_FUNCTION = 60, 40
EMPTY_WORDS = {"util", "utils", "helper", "helpers", "common", "misc", "base", "manager"}


def lines(source: str) -> int:
    return len(source.splitlines())


def too_long(found: list[Function], most: int) -> list[str]:
    return [f"{local(each.file)}: {each.name} has {each.lines} lines" for each in found if each.lines > most]


def test_no_module_is_longer_than_400_lines() -> None:
    assert MODULES
    assert [f"{local(path)}: {lines(text(path))}" for path in MODULES if lines(text(path)) > MOST_LINES] == []


def test_half_of_the_modules_have_at_most_150_lines() -> None:
    assert median(lines(text(path)) for path in MODULES if text(path).strip()) <= MEDIAN_LINES


def test_no_function_is_longer_than_60_lines() -> None:
    found = [each for path in MODULES for each in functions(path) if not each.native]
    assert too_long(found, MOST_IN_A_FUNCTION) == []


def test_native_kernels_of_the_device_stay_readable() -> None:
    """On the device a call costs more than a line, so the two inner loops that the native emitter compiles are long."""
    kernels = [each for path in MODULES for each in functions(path) if each.native]
    assert too_long(kernels, MOST_IN_A_KERNEL) == []
    assert [local(each.file) for each in kernels if "/thingseal/" not in local(each.file)] == []


def test_nineteen_of_twenty_functions_have_at_most_40_lines() -> None:
    found = [each for path in MODULES for each in functions(path)]
    assert len(too_long(found, USUAL_IN_A_FUNCTION)) <= len(found) / 20


def test_the_measure_of_a_function_counts_its_body(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("house") / "long.py"
    path.write_text("@decorated\ndef long():\n" + "    pass\n" * 60 + "async def short(): ...\n", "utf-8")
    assert [(each.name, each.lines) for each in functions(path)] == [("long", 61), ("short", 1)]


@pytest.mark.parametrize("folder", ["thingcloud", "tags", "firmware", "tests"])
def test_no_file_or_folder_has_a_name_that_says_nothing(folder: str) -> None:
    empty = [path for path in under(folder) if EMPTY_WORDS & set(local(path).removesuffix(".py").split("/"))]
    assert [local(path) for path in empty] == []
