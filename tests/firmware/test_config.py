"""config.json: these tests run on CPython and on MicroPython alike."""

import json

from device.config import check, load, save
from device.errors import ConfigError
from tests.firmware.ground import folder, refusal


def written(text: str) -> str:
    path = folder() + "/config.json"
    with open(path, "w") as file:
        file.write(text)
    return path


def test_no_file_means_the_defaults_and_no_host() -> None:
    found = load(folder() + "/config.json")
    assert found.hosts == []
    assert found.batch == 8
    assert [stream.name for stream in found.streams] == ["machine"]
    assert found.streams[0].drivers == ["load", "memory", "disk", "temperature", "uptime"]


def test_what_is_saved_is_what_is_loaded() -> None:
    path = folder() + "/config.json"
    save(path, {"hosts": [{"url": "https://my.example/", "code": "7K3Q"}], "batch": 1})
    found = load(path)
    assert found.hosts[0].url == "https://my.example"
    assert found.hosts[0].code == "7K3Q"
    assert found.hosts[0].receipts == "required"
    assert found.batch == 1


def test_every_slip_is_refused_by_name() -> None:
    host = {"url": "https://my.example"}
    slips: list[tuple[object, str]] = [
        ([], "config.json must be an object"),
        ({"hots": []}, "no setting 'hots'"),
        ({"batch": 0}, "batch must be a number from 1 to 64"),
        ({"batch": "8"}, "batch must be a number"),
        ({"batch": True}, "batch must be a number"),
        ({"batch": 2.5}, "batch must be a whole number"),
        ({"keep": 63}, "keep must be"),
        ({"keepalive": 1}, "keepalive must be"),
        ({"clear_text": "yes"}, "clear_text must be loopback or anywhere"),
        ({"hosts": {}}, "hosts must be a list"),
        ({"hosts": ["x"]}, "hosts[0] must be an object"),
        ({"hosts": [{}]}, "hosts[0]: url must be a text"),
        ({"hosts": [{"url": "my.example"}]}, "hosts[0]: url must be an address"),
        ({"hosts": [{"url": "https://a", "codes": "A"}]}, "hosts[0] has no setting 'codes'"),
        ({"hosts": [{"url": "https://a", "receipts": "some"}]}, "receipts must be required or none"),
        ({"hosts": [host, host]}, "hosts has https://my.example twice"),
        ({"streams": [{"name": "Machine"}]}, "streams[0]: name must be"),
        ({"streams": [{"name": "m" * 17}]}, "streams[0]: name must be"),
        ({"streams": [{"name": "m", "interval": 0}]}, "interval must be a number from 0.05"),
        ({"streams": [{"name": "m", "drivers": [1]}]}, "drivers must be"),
        ({"streams": [{"name": "m", "drivers": ["../app"]}]}, "drivers must be"),
        ({"streams": [{"name": "m"}, {"name": "m"}]}, "streams has m twice"),
    ]
    for raw, words in slips:
        said = refusal(ConfigError, lambda raw=raw: check(raw))  # type: ignore[misc]
        assert words in said, (raw, said)


def test_a_file_that_is_not_json_is_refused_with_what_to_do() -> None:
    for text in ("", "{", '{"batch": 1', "batch = 1", "{}}", '{"batch": 1} x', '{"code": "\\"}'):
        path = written(text)
        said = refusal(ConfigError, lambda path=path: load(path))  # type: ignore[misc]
        assert "thingflash configure" in said, text


def test_braces_inside_texts_do_not_count() -> None:
    load(written(json.dumps({"hosts": [{"url": 'https://a/{[\\"', "code": "}}"}]})))


def test_a_refused_configuration_leaves_the_old_file() -> None:
    path = folder() + "/config.json"
    save(path, {"batch": 3})
    refusal(ConfigError, lambda: save(path, {"batch": 99}))
    assert load(path).batch == 3
