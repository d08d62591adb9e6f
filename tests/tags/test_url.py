import pytest

from talktag.code import parse
from talktag.refusal import Refused
from talktag.url import address, advice, code_in, shown

CODE = parse("7K3Q-X9M2-PDRZ-S7")


@pytest.mark.parametrize(
    ("front", "printed", "typed"),
    [
        ("my.example", "HTTPS://MY.EXAMPLE", "my.example/t"),
        ("https://My.Example/", "HTTPS://MY.EXAMPLE", "my.example/t"),
        ("https://my.example:443", "HTTPS://MY.EXAMPLE", "my.example/t"),
        ("https://my.example:8443", "HTTPS://MY.EXAMPLE:8443", "my.example:8443/t"),
        ("http://192.168.1.20:8080", "HTTP://192.168.1.20:8080", "192.168.1.20:8080/t"),
        ("http://localhost:80", "HTTP://LOCALHOST", "localhost/t"),
        ("bücher.example", "HTTPS://XN--BCHER-KVA.EXAMPLE", "xn--bcher-kva.example/t"),
    ],
)
def test_the_address_is_the_front_in_capitals_and_the_code(front: str, printed: str, typed: str) -> None:
    assert address(front, CODE) == f"{printed}/T/7K3QX9M2PDRZS7"
    assert shown(front) == typed
    assert code_in(address(front, CODE)) == code_in(address(front, CODE).lower()) == CODE


@pytest.mark.parametrize(
    "front",
    ["", "https://", "ftp://my.example", "https://my.example/base", "https://my.example?x=1", "https://my.example#x",
     "http://[::1]:8080", "http://[", "a..b", "-a.example", "my_host.example", "my host", "http://h:99999", "h:x",
     "x" * 64 + ".example", "javascript:alert(1)", ".".join(["x" * 60] * 5)],
)  # fmt: skip
def test_what_is_no_host_is_refused_as_a_front(front: str) -> None:
    with pytest.raises(Refused) as refused:
        address(front, CODE)
    assert (refused.value.reason, refused.value.hint) == ("front", "example: https://my.example")


def test_a_password_in_a_front_is_refused_and_not_repeated() -> None:
    with pytest.raises(Refused) as refused:
        address("https://me:hunter2@my.example", CODE)
    assert refused.value.reason == "front"
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("https://my.example/", "address"),
        ("7K3Q-X9M2-PDRZ-S7", "address"),
        ("/t/7K3QX9M2PDRZS7", "address"),
        ("ftp://my.example/t/7K3QX9M2PDRZS7", "front"),
        ("https://my.example/t/7K3QX9M2PDRZS8", "check"),
        ("https://my.example/t/7K3QX9M2PDRZS7?u=1", "character"),
        ("https://my.example/t/7K3QX9M2PDRZS7/more", "character"),
    ],
)
def test_a_square_that_leads_elsewhere_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        code_in(text)
    assert refused.value.reason == reason


@pytest.mark.parametrize(("front", "noted"), [("http://localhost:8080", 1), ("127.0.0.1", 1), ("my.example", 0)])
def test_a_front_that_no_phone_can_follow_is_noted(front: str, noted: int) -> None:
    assert len(advice(front)) == noted
