"""What a project's own renderer draws, shut in: no script of it runs, and nothing that it names is fetched."""

from markupsafe import Markup

from console.markup import tag

# Longer ones are refused: they would be sent with every sample.
LONGEST = 2_000_000


def enclosed(drawn: object) -> Markup:
    """Return HTML or SVG of a project's renderer as a frame without any rights.

    The frame has an origin of its own: it runs no scripts, sends no forms, opens no windows, reads nothing of the page,
    and by the page's policy it loads nothing but data: addresses.

    Raises:
        ValueError: it is no text, or too long.
    """
    if not isinstance(drawn, str) or len(drawn) > LONGEST:
        raise ValueError(f"a renderer returns HTML or SVG of at most {LONGEST} characters")
    return tag("iframe", class_="sample-own", sandbox="", srcdoc=drawn, title="The sample", tabindex="-1")
