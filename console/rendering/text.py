"""Text of a sample: as it was written, with what cannot be seen made visible."""

import unicodedata

from markupsafe import Markup

from console.markup import join, tag

# Whitespace that is shown as it is.
PLAIN = frozenset("\n\t")
# Categories of characters that are not seen, or that change how others are: controls, formats (among them those that
# turn the direction of writing), lone surrogates, private ones, separators of lines and paragraphs.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# What joins emoji and letters of some scripts is no trick.
JOINERS = frozenset("\u200c\u200d")
# Longer ones are cut, and say so: a browser should not be asked to lay out a book.
LONGEST = 20_000


def text(value: str) -> Markup:
    """Return a paragraph of text; direction is found out by itself, and nothing in it can turn that of the page."""
    return tag("div", visible(value), class_="sample-text", dir="auto", tabindex="0", role="region", aria_label="Text")


def visible(value: str) -> Markup:
    """Return the text with every unseen character written as its code."""
    rest = len(value) - LONGEST
    shown = join([_shown(character) for character in value[:LONGEST]])
    return shown + tag("em", f" … and {rest} more characters") if rest > 0 else shown


def _shown(character: str) -> str:
    if character in PLAIN or character in JOINERS or unicodedata.category(character) not in UNSEEN:
        return character
    return tag("span", f"U+{ord(character):04X}", class_="unseen")
