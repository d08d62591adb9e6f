"""Settings: read from the environment or from files, odd values refused by name."""

from pathlib import Path

import pytest

from thingcloud.plumbing.errors import BadSetting
from thingcloud.plumbing.settings import from_environment


def test_the_defaults_serve_one_machine() -> None:
    settings = from_environment({"HOME": "elsewhere"})
    assert settings.base_url == "http://localhost:8080"
    assert settings.front_url == settings.base_url


def test_the_front_is_a_setting_of_its_own() -> None:
    settings = from_environment({"THINGCLOUD_URL": "https://my.example/", "THINGCLOUD_FRONT": "https://t.example"})
    assert (settings.base_url, settings.front_url, settings.secure) == ("https://my.example", "https://t.example", True)


def test_any_setting_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "smtp").write_text("smtp://mail.example:25\n")
    assert from_environment({"THINGCLOUD_SMTP_FILE": str(tmp_path / "smtp")}).smtp == "smtp://mail.example:25"


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("THINGCLOUD_URL", "my host", 'THINGCLOUD_URL is not an address: "my host"'),
        ("THINGCLOUD_PORT", "80a", "THINGCLOUD_PORT is not a whole number"),
        ("THINGCLOUD_PORT", "70000", "THINGCLOUD_PORT is not a port"),
        ("THINGCLOUD_LAN", "perhaps", "THINGCLOUD_LAN is neither yes nor no"),
        ("THINGCLOUD_PROT", "8080", "THINGCLOUD_PROT is not a setting"),
        ("THINGCLOUD_SMTP_FILE", "/not/there", "THINGCLOUD_SMTP_FILE names a file that cannot be read"),
    ],
)
def test_an_odd_setting_is_refused_by_name(variable: str, value: str, words: str) -> None:
    with pytest.raises(BadSetting) as refused:
        from_environment({variable: value})
    assert words in str(refused.value)
