"""The kinds of thing and what is said about each: whole sentences, since glued ones do not translate."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Kind:
    """One kind of thing, with its sentences."""

    slug: str
    word: str
    lost: str
    seen: str
    told: str
    wrote: str
    answered: str
    heading: str
    pet: bool = False


_ALL: Final = (
    Kind(
        "suitcase", "Suitcase", "You found a lost suitcase.", "You scanned a suitcase.",
        "Someone found your suitcase.", "A finder wrote about the suitcase",
        "The owner of the suitcase answered.", "Lost suitcase",
    ),
    Kind(
        "backpack", "Backpack", "You found a lost backpack.", "You scanned a backpack.",
        "Someone found your backpack.", "A finder wrote about the backpack",
        "The owner of the backpack answered.", "Lost backpack",
    ),
    Kind(
        "bag", "Bag", "You found a lost bag.", "You scanned a bag.",
        "Someone found your bag.", "A finder wrote about the bag",
        "The owner of the bag answered.", "Lost bag",
    ),
    Kind(
        "wallet", "Wallet", "You found a lost wallet.", "You scanned a wallet.",
        "Someone found your wallet.", "A finder wrote about the wallet",
        "The owner of the wallet answered.", "Lost wallet",
    ),
    Kind(
        "keys", "Keys", "You found lost keys.", "You scanned a set of keys.",
        "Someone found your keys.", "A finder wrote about the keys",
        "The owner of the keys answered.", "Lost keys",
    ),
    Kind(
        "telephone", "Phone", "You found a lost phone.", "You scanned a phone.",
        "Someone found your phone.", "A finder wrote about the phone",
        "The owner of the phone answered.", "Lost phone",
    ),
    Kind(
        "laptop", "Laptop", "You found a lost laptop.", "You scanned a laptop.",
        "Someone found your laptop.", "A finder wrote about the laptop",
        "The owner of the laptop answered.", "Lost laptop",
    ),
    Kind(
        "camera", "Camera", "You found a lost camera.", "You scanned a camera.",
        "Someone found your camera.", "A finder wrote about the camera",
        "The owner of the camera answered.", "Lost camera",
    ),
    Kind(
        "bicycle", "Bicycle", "You found a lost bicycle.", "You scanned a bicycle.",
        "Someone found your bicycle.", "A finder wrote about the bicycle",
        "The owner of the bicycle answered.", "Lost bicycle",
    ),
    Kind(
        "umbrella", "Umbrella", "You found a lost umbrella.", "You scanned an umbrella.",
        "Someone found your umbrella.", "A finder wrote about the umbrella",
        "The owner of the umbrella answered.", "Lost umbrella",
    ),
    Kind(
        "jacket", "Jacket", "You found a lost jacket.", "You scanned a jacket.",
        "Someone found your jacket.", "A finder wrote about the jacket",
        "The owner of the jacket answered.", "Lost jacket",
    ),
    Kind(
        "toy", "Toy", "You found a lost toy.", "You scanned a toy.",
        "Someone found your toy.", "A finder wrote about the toy",
        "The owner of the toy answered.", "Lost toy",
    ),
    Kind(
        "instrument", "Instrument", "You found a lost instrument.", "You scanned an instrument.",
        "Someone found your instrument.", "A finder wrote about the instrument",
        "The owner of the instrument answered.", "Lost instrument",
    ),
    Kind(
        "tool", "Tool", "You found a lost tool.", "You scanned a tool.",
        "Someone found your tool.", "A finder wrote about the tool",
        "The owner of the tool answered.", "Lost tool",
    ),
    Kind(
        "dog", "Dog", "You found a dog.", "You found a dog.",
        "Someone found your dog.", "A finder wrote about the dog",
        "The family of the dog answered.", "Lost dog", pet=True,
    ),
    Kind(
        "cat", "Cat", "You found a cat.", "You found a cat.",
        "Someone found your cat.", "A finder wrote about the cat",
        "The family of the cat answered.", "Lost cat", pet=True,
    ),
    Kind(
        "fridge", "Fridge", "You found a lost fridge.", "You scanned a fridge.",
        "Someone found your fridge.", "A finder wrote about the fridge",
        "The owner of the fridge answered.", "Lost fridge",
    ),
    Kind(
        "modem", "Modem", "You found a lost modem.", "You scanned a modem.",
        "Someone found your modem.", "A finder wrote about the modem",
        "The owner of the modem answered.", "Lost modem",
    ),
    Kind(
        "plant", "Plant", "You found a lost plant.", "You scanned a plant.",
        "Someone found your plant.", "A finder wrote about the plant",
        "The owner of the plant answered.", "Lost plant",
    ),
    Kind(
        "computer", "Computer", "You found a lost computer.", "You scanned a computer.",
        "Someone found your computer.", "A finder wrote about the computer",
        "The owner of the computer answered.", "Lost computer",
    ),
    Kind(
        "thing", "Something else", "You found something that is lost.", "You scanned a talk-tag.",
        "Someone found your thing.", "A finder wrote about your thing",
        "The owner answered.", "Something lost",
    ),
)  # fmt: skip

KINDS: Final = {kind.slug: kind for kind in _ALL}
UNKNOWN: Final = KINDS["thing"]


def kind(slug: str) -> Kind:
    """The kind with this slug; an unknown one reads as something, never as nothing."""
    return KINDS.get(slug, UNKNOWN)
